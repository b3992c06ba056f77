SELECT 'none refused'
