INSERT INTO acc (id, name) VALUES (1, 'key') ON CONFLICT (id) DO UPDATE SET id = 500;
INSERT INTO ident OVERRIDING USER VALUE VALUES (700, 'ignored');
UPDATE ref SET r = random() WHERE code = 'FR';
UPDATE ref SET r = random();
UPDATE ref SET tok = gen_random_uuid() WHERE code = 'FR';
UPDATE ref SET name = r2.name FROM ref r2 WHERE ref.code = 'AA' AND r2.code = 'FR';
DELETE FROM ref WHERE random() < -1;
UPDATE acc SET id = id + 1;
UPDATE ident SET id = DEFAULT WHERE id = 500;
TRUNCATE loc, nk
