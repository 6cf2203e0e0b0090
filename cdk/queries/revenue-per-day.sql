-- Orders, customers and revenue per day and currency over the last 90 days; each order once.
SELECT
  CAST(occurred_at AS date) AS order_day,
  currency,
  count(*) AS orders,
  count(DISTINCT customer) AS customers,
  sum(revenue) AS revenue
FROM (
  SELECT order_id, currency, min(occurred_at) AS occurred_at, min(customer) AS customer, max(revenue) AS revenue
  FROM events
  WHERE event = 'Order Completed'
    AND day >= CAST(CAST(current_date - INTERVAL '90' DAY AS date) AS varchar)
  GROUP BY order_id, currency
) AS orders
GROUP BY CAST(occurred_at AS date), currency
ORDER BY order_day DESC, currency
