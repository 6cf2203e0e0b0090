-- When each source was last heard of, and how long its events took to arrive.
SELECT
  source,
  max(received_at) AS last_received_at,
  count(*) AS events,
  avg(date_diff('second', occurred_at, received_at)) AS seconds_on_the_way
FROM events
WHERE day >= CAST(CAST(current_date - INTERVAL '30' DAY AS date) AS varchar)
GROUP BY source
ORDER BY last_received_at
