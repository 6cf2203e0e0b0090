-- Events and customers per day, source and name over the last 14 days.
SELECT
  day,
  source,
  coalesce(event, type) AS name,
  count(*) AS events,
  count(DISTINCT customer) AS customers
FROM events
WHERE day >= CAST(CAST(current_date - INTERVAL '14' DAY AS date) AS varchar)
GROUP BY day, source, coalesce(event, type)
ORDER BY day DESC, events DESC
