-- Deliveries, opens, clicks and complaints per campaign over the last 30 days, each customer once.
SELECT
  campaign_id,
  count(DISTINCT CASE WHEN event = 'Email Delivered' THEN customer END) AS delivered,
  count(DISTINCT CASE WHEN event = 'Email Opened' THEN customer END) AS opened,
  count(DISTINCT CASE WHEN event = 'Email Link Clicked' THEN customer END) AS clicked,
  count(DISTINCT CASE WHEN event = 'Unsubscribed' THEN customer END) AS unsubscribed,
  count(DISTINCT CASE WHEN event = 'Email Marked as Spam' THEN customer END) AS complained
FROM events
WHERE campaign_id IS NOT NULL
  AND day >= CAST(CAST(current_date - INTERVAL '30' DAY AS date) AS varchar)
GROUP BY campaign_id
ORDER BY delivered DESC, campaign_id
