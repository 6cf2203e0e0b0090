-- The hundred products bought by most customers over the last 30 days, with how many viewed them.
SELECT
  item_id,
  count(DISTINCT CASE WHEN event = 'Order Completed' THEN customer END) AS buyers,
  count(DISTINCT CASE WHEN event = 'Product Viewed' THEN customer END) AS viewers,
  sum(CASE WHEN event = 'Order Completed' THEN quantity ELSE 0 END) AS pieces
FROM event_products
WHERE day >= CAST(CAST(current_date - INTERVAL '30' DAY AS date) AS varchar)
GROUP BY item_id
ORDER BY buyers DESC, viewers DESC, item_id
LIMIT 100
