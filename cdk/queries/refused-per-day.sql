-- Refused calls that wait in quarantine, per day of receipt, reason and source, over the last 14 days.
SELECT
  day,
  reason,
  source,
  count(*) AS calls,
  max(receivedat) AS last_received_at
FROM quarantine
WHERE day >= CAST(CAST(current_date - INTERVAL '14' DAY AS date) AS varchar)
GROUP BY day, reason, source
ORDER BY day DESC, calls DESC
