INSERT INTO acc (id, name) VALUES (1, 'key') ON CONFLICT (id) DO UPDATE SET id = 500;
INSERT INTO ident OVERRIDING USER VALUE VALUES (700, 'ignored');
UPDATE acc SET id = id + 1;
UPDATE ident SET id = DEFAULT WHERE id = 500;
TRUNCATE loc, nk
