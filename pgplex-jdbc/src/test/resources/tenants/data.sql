INSERT INTO plans VALUES ('free', 'Free', 0, 3), ('team', 'Team', 19.90, 10), ('business', 'Business', 99.00, 50), ('enterprise', 'Enterprise', 999.00, NULL);
INSERT INTO statuses VALUES ('todo', 1, false), ('doing', 2, false), ('review', 3, false), ('done', 4, true), ('dropped', 5, true);
INSERT INTO feature_flags VALUES ('timeline', true, '{team,business}'), ('sso', true, '{enterprise}'), ('dark mode', true, '{free,team,business,enterprise}'), ('beta search', false, '{}');
INSERT INTO support_cases
    SELECT g, 1 + g * 5 % 29, (ARRAY['Cannot log in', 'invoice', 'Export fails', 'Größe', 'export fails'])[1 + g % 5], date '2026-01-05' + g * 3, g % 4 = 0
    FROM generate_series(1, 17) g;
INSERT INTO tenants
    SELECT g, (ARRAY['acme', 'Acme', 'Zoë & Co', 'zoe', 'Ångström AB', 'Müller', 'mueller', 'Çelik', 'Blue-Sky', 'blue sky', 'o''Neil', '_internal'])[1 + g % 12] || CASE WHEN g > 12 THEN ' ' || g ELSE '' END,
        (ARRAY['free', 'team', 'business', 'team', 'enterprise'])[1 + g % 5], (ARRAY['DE', 'TR', NULL, 'SE', 'US', 'NP'])[1 + g % 6], date '2025-03-01' + g * 37 % 330,
        jsonb_build_object('locale', (ARRAY['en', 'de', 'tr'])[1 + g % 3], 'beta', g % 3 = 0, 'limits', jsonb_build_object('tasks', g * 100, 'files', NULLIF(g % 4, 0))),
        CASE WHEN g % 11 = 0 THEN timestamptz '2026-02-01 12:00+00' + g * interval '1 hour' END
    FROM generate_series(1, 24) g;
INSERT INTO users
    SELECT t.id, u, (ARRAY['ann', 'Bob', 'zoë', 'cem', 'Ann', 'ole', 'eve', 'Xaver'])[u] || '@' || CASE WHEN u % 3 = 0 THEN 'example.com' ELSE 't' || t.id || '.example' END,
        (ARRAY['Ann', 'bob', 'Zoë', 'Cem', 'ann', 'Øle', 'Eve', 'Xaver'])[u] || ' ' || (ARRAY['Ödön', 'Smith', 'smith', 'Ekşi'])[1 + (t.id + u) % 4],
        (ARRAY['owner', 'admin', 'member', 'member', 'guest'])[1 + (u - 1) % 5], (t.id + u) % 7 <> 0,
        CASE WHEN (t.id + u) % 6 <> 0 THEN timestamptz '2026-02-20 08:00+00' - (t.id * 7 + u * 13) % 60 * interval '31 hours' END,
        CASE u % 4 WHEN 0 THEN NULL WHEN 1 THEN '{"theme": "dark", "digest": {"every": "day"}}' WHEN 2 THEN '{"theme": "light"}' ELSE '{"digest": {"every": "week", "hour": 7}}' END::jsonb
    FROM tenants t, generate_series(1, 2 + t.id::int % 7) u;
INSERT INTO projects
    SELECT t.id, p, (ARRAY['Website', 'website', 'Übersicht', 'API'])[p], CASE WHEN p < 4 THEN 1 + (t.id + p) % 2 END, (t.id + p) % 5 = 0, CASE WHEN p <> 3 THEN t.id * 1000 + p * 250.5 END,
        CASE p WHEN 1 THEN '{web,public}' WHEN 2 THEN '{web}' WHEN 3 THEN '{}' ELSE '{api,"two words",NULL}' END::text[]
    FROM tenants t, generate_series(1, 1 + t.id::int % 4) p WHERE t.id % 8 <> 0;
INSERT INTO tasks
    SELECT p.tenant_id, (p.id - 1) * 20 + n, p.id, CASE WHEN n > 3 THEN (p.id - 1) * 20 + 1 + n % 3 END,
        (ARRAY['Fix login', 'write docs', 'Tidy up', 'Écran noir', 'deploy', 'Deploy'])[1 + (n * 5 + p.tenant_id) % 6] || ' ' || n,
        (ARRAY['todo', 'doing', 'review', 'done', 'done', 'dropped'])[1 + (n * 7 + p.tenant_id) % 6],
        CASE WHEN n % 4 <> 0 THEN 1 + n % (2 + p.tenant_id % 7) END, n % 5, CASE WHEN n % 3 <> 0 THEN round(n * 1.37, n % 4) END,
        CASE WHEN n % 5 <> 0 THEN date '2026-02-10' + (n * 3 + p.tenant_id::int) % 40 END, timestamptz '2026-01-02 09:00+00' + (n * 11 + p.id * 17 + p.tenant_id * 3) * interval '7 hours',
        CASE n % 4 WHEN 0 THEN '{}' WHEN 1 THEN '{bug,ui}' WHEN 2 THEN '{ui,"needs info"}' ELSE '{bug}' END::text[],
        CASE WHEN n % 3 = 0 THEN NULL ELSE jsonb_build_object('points', n % 8, 'sprint', 'S' || n % 3, 'watchers', jsonb_build_array(1, n % 4)) END
    FROM projects p, generate_series(1, 3 + (p.id * 5 + p.tenant_id::int) % 9) n;
INSERT INTO comments
    SELECT t.tenant_id, t.id * 10 + n, t.id, CASE WHEN n > 1 THEN t.id * 10 + n / 2 END, 1 + (t.id + n) % 2, (ARRAY['+1', 'Looks good', 'looks good', 'Nö', 'please review'])[1 + (n + t.id) % 5],
        t.created + n * interval '5 hours 7 minutes'
    FROM tasks t, generate_series(1, (t.id * 3 + t.tenant_id::int) % 6) n;
INSERT INTO tags SELECT t.id, x.name, x.colour FROM tenants t, (VALUES ('urgent', 'red'), ('later', 'grey'), ('Übung', 'blue')) x(name, colour) WHERE t.id % 5 <> 0 OR x.name <> 'later';
INSERT INTO task_tags SELECT t.tenant_id, t.id, g.name FROM tasks t JOIN tags g ON g.tenant_id = t.tenant_id WHERE (t.id + length(g.name)) % 4 = 0;
INSERT INTO usage_daily SELECT t.id, d::date, (t.id * 13 + extract(doy FROM d)::int * 7) % 50, ((t.id * 7919 + extract(doy FROM d)::int * 104729) % 1000003) * 4096
    FROM tenants t, generate_series(timestamp '2026-01-01', timestamp '2026-02-19', interval '1 day') d WHERE (t.id + extract(doy FROM d)::int) % 3 <> 0;
INSERT INTO sessions SELECT md5(u.tenant_id || '/' || u.id || '/' || n)::uuid, u.tenant_id, u.id, timestamptz '2026-02-18 00:00+00' + (u.id * 5 + n * 9 + u.tenant_id) % 96 * interval '1 hour'
    FROM users u, generate_series(1, (u.id + u.tenant_id::int) % 3) n
