-- tenant: log a user in
-- parameters: 3, 'Bob@t3.example'
select u1_0.tenant_id, u1_0.id, u1_0.email, u1_0.name, u1_0.role, u1_0.active, u1_0.last_seen, u1_0.preferences from users u1_0 where u1_0.tenant_id=3 and u1_0.email='Bob@t3.example';
-- tenant: an entity with what it references, as an ORM joins it
-- parameters: 5, 24
select t1_0.id, t1_0.tenant_id, t1_0.title, t1_0.version, a1_0.id, a1_0.name, p1_0.id, p1_0.name, p1_0.tags, s1_0.code, s1_0.position
from tasks t1_0 join projects p1_0 on p1_0.tenant_id=t1_0.tenant_id and p1_0.id=t1_0.project_id join statuses s1_0 on s1_0.code=t1_0.status
left join users a1_0 on a1_0.tenant_id=t1_0.tenant_id and a1_0.id=t1_0.assignee_id where t1_0.tenant_id=5 and t1_0.id=24;
-- tenant: first page of the board
-- parameters: 7, 10
select t.id, t.title, t.status, t.priority, t.due, u.name as assignee from tasks t join statuses s on s.code = t.status left join users u on u.tenant_id = t.tenant_id and u.id = t.assignee_id
where t.tenant_id = 7 and not s.closed order by s.position, t.priority desc, t.due nulls last, t.id limit 10;
-- tenant: next page by key
-- parameters: 7, timestamptz '2026-01-12 00:00+00', 40, 5
select t.id, t.created, t.title from tasks t where t.tenant_id = 7 and (t.created, t.id) > (timestamptz '2026-01-12 00:00+00', 40) order by t.created, t.id limit 5;
-- tenant: how many pages
-- parameters: 7
select count(t1_0.id) from tasks t1_0 where t1_0.tenant_id=7 and t1_0.status not in ('done', 'dropped');
-- tenant: tasks with their tags in one row
-- parameters: 6, '%DEPLOY%'
select t.id, t.title, array_agg(tt.tag order by tt.tag) filter (where tt.tag is not null) as tags, count(tt.tag) from tasks t
left join task_tags tt on tt.tenant_id = t.tenant_id and tt.task_id = t.id where t.tenant_id = 6 and t.title ilike '%DEPLOY%' group by t.id, t.title order by t.id;
-- tenant: tree of comments
-- parameters: 9, 2
with recursive tree as (
    select c.tenant_id, c.id, c.parent_id, c.body, 0 as depth, array[c.id] as path from comments c where c.tenant_id = 9 and c.task_id = 2 and c.parent_id is null
    union all
    select c.tenant_id, c.id, c.parent_id, c.body, tree.depth + 1, tree.path || c.id from comments c join tree on c.tenant_id = tree.tenant_id and c.parent_id = tree.id where c.tenant_id = 9
)
select repeat('  ', depth) || body as line, depth, path from tree order by path;
-- tenant: last comment of each task
-- parameters: 9
select t.id, last.body, last.created from tasks t left join lateral (select c.body, c.created from comments c where c.tenant_id = t.tenant_id and c.task_id = t.id order by c.created desc limit 1) last on true
where t.tenant_id = 9 order by t.id;
-- tenant: by a field of jsonb
-- parameters: 11, 'S1'
select id, custom ->> 'points' as points, custom -> 'watchers' ->> 1 as watcher from tasks where tenant_id = 11 and custom ->> 'sprint' = 'S1' or tenant_id = 11 and custom @> '{"points": 5}' order by id;
-- tenant: by elements of an array
-- parameters: 13
select id, labels, cardinality(labels) from tasks where tenant_id = 13 and (labels && array['ui'] or 'bug' = any (labels)) order by id;
-- tenant: some by their ids
-- parameters: 14, 1, 2, 21, 41
select id, title, status from tasks where tenant_id = 14 and id in (1, 2, 21, 41) order by id;
-- tenant: semi- and antijoin
-- parameters: 15, 'urgent'
select t.id from tasks t where t.tenant_id = 15 and exists (select 1 from task_tags x where x.tenant_id = t.tenant_id and x.task_id = t.id and x.tag = 'urgent')
and not exists (select 1 from comments c where c.tenant_id = 15 and c.task_id = t.id and c.author_id = 2) order by t.id;
-- tenant: rank within each project
-- parameters: 17
select project_id, id, estimate, rank() over (partition by project_id order by estimate desc nulls last, id), sum(estimate) over (partition by project_id order by id) as running from tasks where tenant_id = 17 order by project_id, id;
-- tenant: burn-down over days without work
-- parameters: 18
select d::date as day, count(t.id) as due, sum(count(t.id)) over (order by d) as total from generate_series(timestamp '2026-02-10', timestamp '2026-02-20', interval '1 day') d
left join tasks t on t.tenant_id = 18 and t.due = d::date group by d order by d;
-- tenant: grouping sets within a tenant
-- parameters: 19
select project_id, status, grouping(project_id, status) as level, count(*), avg(estimate) from tasks where tenant_id = 19 group by grouping sets ((project_id, status), (project_id), ()) order by level, project_id, status;
-- tenant: activity of several kinds
-- parameters: 20, 8
select 'task' as kind, created, title as what from tasks where tenant_id = 20 union all select 'comment', created, body from comments where tenant_id = 20 order by created desc, kind, what limit 8;
-- tenant: through a view
-- parameters: 21, 3
select id, title, position from open_tasks where tenant_id = 21 and priority >= 3 order by position, id;
-- tenant: through an aggregating view
-- parameters: 21
select users, active_users from tenant_sizes where tenant_id = 21;
-- tenant: who is behind a token
-- parameters: uuid 'def69456-846a-291b-53b9-aa6d1ce0e9d1'
select s.tenant_id, s.user_id, s.expires > timestamptz '2026-02-19 00:00+00' as valid from sessions s where s.token = uuid 'def69456-846a-291b-53b9-aa6d1ce0e9d1';
-- tenant: a new task
-- parameters: 4, 900, 'Neu: Ä', 2.50
insert into tasks (tenant_id, id, project_id, title, status, assignee_id, priority, estimate, due, created, custom) values (4, 900, 1, 'Neu: Ä', 'todo', null, 1, 2.50, '2026-03-31', '2026-03-01 10:00+00', '{"points": 3}'::jsonb) returning id, version, labels;
-- tenant: a literal with its type before it
update tasks set custom = custom || jsonb '{"seen": [1, 2]}' where tenant_id = 4 and id = 900 and custom @> jsonb '{"points": 3}' returning custom;
-- tenant: rows of one tenant in one statement
insert into comments values (4, 9001, 900, null, 1, 'first', '2026-03-01 10:05+00'), (4, 9002, 900, 9001, 2, 'second', '2026-03-01 10:06+00'), (4, 9003, 900, 9002, 1, 'third', '2026-03-01 10:07+00');
-- tenant: optimistic locking
-- parameters: 4, 900, 0
update tasks set status='doing', version=version+1 where tenant_id=4 and id=900 and version=0;
-- tenant: optimistic locking that comes too late
-- parameters: 4, 900, 0
update tasks set status='done', version=version+1 where tenant_id=4 and id=900 and version=0;
-- tenant: get or create
-- parameters: 4, 'urgent', 'orange'
insert into tags (tenant_id, name, colour) values (4, 'urgent', 'orange') on conflict (tenant_id, name) do update set colour = excluded.colour, uses = tags.uses + 1 returning name, colour, uses;
-- tenant: get or create, new
insert into tags (tenant_id, name, colour) values (4, 'Ärger', 'black'), (4, 'later', 'white') on conflict (tenant_id, name) do nothing;
-- tenant: put a tag on all tasks of a project
-- parameters: 4, 'Ärger'
insert into task_tags select tenant_id, id, 'Ärger' from tasks where tenant_id = 4 and project_id = 1 on conflict do nothing;
-- tenant: count uses
-- parameters: 4
update tags g set uses = x.n from (select tenant_id, tag, count(*) as n from task_tags group by tenant_id, tag) x where g.tenant_id = 4 and x.tenant_id = g.tenant_id and x.tag = g.name returning g.name, g.uses;
-- tenant: reorder with a list of values
-- parameters: 4
update tasks t set priority = v.priority from (values (1, 5), (2, 3), (3, 4)) v(id, priority) where t.tenant_id = 4 and t.id = v.id;
-- tenant: change jsonb and arrays
-- parameters: 4, 1
update tasks set custom = jsonb_set(coalesce(custom, '{}'), '{sprint}', '"S9"') || '{"seen": true}', labels = array_append(array_remove(labels, 'bug'), 'fixed') where tenant_id = 4 and id = 1 returning custom, labels;
-- tenant: delete what a subquery finds
-- parameters: 4, 'dropped'
delete from task_tags tt using tasks t where tt.tenant_id = 4 and t.tenant_id = tt.tenant_id and t.id = tt.task_id and t.status = 'dropped';
-- tenant: change one table and another in one statement
with archived as (update projects set archived = true where tenant_id = 4 and id = 1 returning tenant_id, name)
insert into tags (tenant_id, name, colour) select 4, 'was ' || name, 'grey' from archived;
-- admin: archive and log in one statement; the log's numbers are the cluster's
-- parameters: 4
with archived as (update projects set archived = true where tenant_id = 4 and not archived returning tenant_id, id, name)
insert into audit_log (tenant_id, at, actor_id, action, subject) select tenant_id, timestamptz '2026-03-01 11:00+00', 1, 'archive', jsonb_build_object('project', id, 'name', name) from archived where tenant_id = 4;
-- tenant: merge
merge into tags g using (values ('later', 'yellow'), ('someday', 'brown')) v(name, colour) on g.tenant_id = 4 and g.name = v.name
when matched then update set colour = v.colour when not matched then insert (tenant_id, name, colour) values (4, v.name, v.colour);
-- tenant: a project and all that hangs on it
-- parameters: 4, 1
delete from projects where tenant_id = 4 and id = 1;
-- admin: transaction
begin;
-- tenant: lock, then write
-- parameters: 10, 1
select id, version from tasks where tenant_id = 10 and id = 1 for update;
-- tenant: within a transaction
-- parameters: 10, 1
update tasks set estimate = coalesce(estimate, 0) + 100 where tenant_id = 10 and id = 1;
-- tenant: of another tenant
-- parameters: 12, 1
update tasks set estimate = coalesce(estimate, 0) + 200 where tenant_id = 12 and id = 1;
-- admin: a report that must see both
select t.id, t.name, max(k.estimate) from tenants t join tasks k on k.tenant_id = t.id group by t.id, t.name having max(k.estimate) > (select avg(estimate) * 4 from tasks) order by t.id;
-- admin: undone
rollback;
-- admin: top tenants
-- parameters: 'done', 5
select t.id, t.name, count(*) as done, sum(k.estimate) as estimate from tenants t join tasks k on k.tenant_id = t.id where k.status = 'done' group by t.id, t.name order by done desc, t.id limit 5;
-- admin: revenue by plan and in all
select p.code, count(t.id) as tenants, sum(p.monthly) as revenue, round(100 * sum(p.monthly) / sum(sum(p.monthly)) over (), 2) as percent from plans p left join tenants t on t.plan = p.code and t.closed_at is null group by p.code order by revenue desc nulls last, p.code;
-- admin: the same address with several tenants
select lower(a.email) as email, count(distinct a.tenant_id) as tenants, min(a.tenant_id), max(b.tenant_id) from users a join users b on lower(a.email) = lower(b.email) and a.tenant_id <> b.tenant_id group by lower(a.email) order by 1;
-- admin: retention by cohort
with cohorts as (select id, date_trunc('quarter', signed_up)::date as cohort from tenants),
active as (select distinct tenant_id, date_trunc('week', day)::date as week from usage_daily where events > 10)
select c.cohort, a.week, count(distinct c.id) as active, (select count(*) from cohorts x where x.cohort = c.cohort) as size from cohorts c join active a on a.tenant_id = c.id group by c.cohort, a.week order by c.cohort, a.week;
-- admin: share of the whole
select tenant_id, sum(bytes) as bytes, sum(bytes) / sum(sum(bytes)) over () as share, rank() over (order by sum(bytes) desc) from usage_daily group by tenant_id order by tenant_id;
-- admin: day over day, all tenants
select day, sum(events) as events, sum(events) - lag(sum(events)) over (order by day) as change, avg(sum(events)) over (order by day rows between 6 preceding and current row) as week from usage_daily group by day order by day;
-- admin: medians
select count(*), percentile_cont(0.5) within group (order by estimate) as median, percentile_disc(0.9) within group (order by estimate) as p90, mode() within group (order by status) as status, stddev_samp(estimate) from tasks;
-- admin: sessions with their users and tenants
-- parameters: timestamptz '2026-02-20 12:00+00'
select t.name as tenant, u.name, s.expires from sessions s join users u on u.tenant_id = s.tenant_id and u.id = s.user_id join tenants t on t.id = s.tenant_id where s.expires > timestamptz '2026-02-20 12:00+00' order by s.expires, t.id, u.id;
-- admin: through a view that joins what is apart
select tenant_id, count(*) as sessions, count(distinct email) as people, max(expires) from session_users group by tenant_id order by tenant_id;
-- admin: a local table beside tenants
-- parameters: date '2026-01-15'
select c.id, c.subject, t.name, t.plan, z.users from support_cases c left join tenants t on t.id = c.tenant_id left join tenant_sizes z on z.tenant_id = t.id where c.opened >= date '2026-01-15' order by c.id;
-- admin: full join of two counts
select coalesce(a.tenant_id, b.tenant_id) as tenant, a.cases, b.sessions from (select tenant_id, count(*) as cases from support_cases group by tenant_id) a
full join (select tenant_id, count(*) as sessions from sessions group by tenant_id) b on a.tenant_id = b.tenant_id order by 1;
-- admin: tenants without
select t.id, t.name from tenants t where not exists (select from projects p where p.tenant_id = t.id) or t.id not in (select tenant_id from sessions) order by t.id;
-- admin: top 3 of each
select t.id, x.title, x.estimate from tenants t cross join lateral (select k.title, k.estimate from tasks k where k.tenant_id = t.id and k.estimate is not null order by k.estimate desc, k.id limit 3) x order by t.id, x.estimate desc, x.title;
-- admin: last two sessions of each
select t.id, x.token, x.expires from tenants t left join lateral (select s.token, s.expires from sessions s where s.tenant_id = t.id order by s.expires desc, s.token limit 2) x on true order by t.id, x.expires desc, x.token;
-- admin: latest of each plan
select distinct on (plan) plan, id, name, signed_up from tenants order by plan, signed_up desc, id;
-- admin: names in a list, in the language's order
select plan, string_agg(name, ', ' order by name, id) as names, array_agg(distinct country order by country) as countries from tenants group by plan order by plan;
-- admin: which labels
select label, count(*) as tasks, count(distinct tenant_id) as tenants from tasks, unnest(labels) label group by label having count(*) > 5 order by tasks desc, label;
-- admin: which settings
select key, value, count(*) from tenants, jsonb_each_text(settings) where key <> 'limits' group by key, value order by key, value;
-- admin: deepest discussions
with recursive tree as (
    select tenant_id, task_id, id, 1 as depth from comments where parent_id is null
    union all
    select c.tenant_id, c.task_id, c.id, t.depth + 1 from comments c join tree t on t.tenant_id = c.tenant_id and t.id = c.parent_id
)
select depth, count(*), count(distinct tenant_id) as tenants, min(tenant_id) from tree group by depth order by depth;
-- admin: sign-ups, weeks without any included
with recursive weeks(week) as (select date '2025-03-03' union all select week + 7 from weeks where week < date '2026-01-26')
select w.week, count(t.id) as signups, sum(count(t.id)) over (order by w.week) as total from weeks w left join tenants t on t.signed_up >= w.week and t.signed_up < w.week + 7 group by w.week order by w.week;
-- admin: sets
(select email from users where role = 'owner' intersect select email from users where active) except select u.email from users u join sessions s on s.tenant_id = u.tenant_id and s.user_id = u.id order by email;
-- admin: next page over all tenants, in the language's order
-- parameters: 'Eve', 4, 6
select u.name, u.tenant_id, u.id, u.email from users u where (u.name, u.tenant_id) > ('Eve', 4) order by u.name, u.tenant_id, u.id limit 6;
-- admin: a page and how many there are
-- parameters: 10, 20
select tenant_id, id, title, count(*) over () as total from tasks order by title, tenant_id, id limit 10 offset 20;
-- admin: above the average
select tenant_id, sum(events) as events from usage_daily group by tenant_id having sum(events) > (select avg(e) from (select sum(events) as e from usage_daily group by tenant_id) x) order by tenant_id;
-- admin: correlated with what is apart
select t.id, (select max(s.expires) from sessions s where s.tenant_id = t.id) as last_session, (select count(*) from support_cases c where c.tenant_id = t.id and c.urgent) as urgent from tenants t order by last_session desc nulls last, t.id;
-- admin: features of each tenant
select t.id, array_agg(f.name order by f.name) as features from tenants t join feature_flags f on t.plan = any (f.plan_codes) and f.enabled where t.closed_at is null group by t.id order by t.id;
-- admin: rollup
select plan, country, count(*), grouping(plan, country) as level from tenants group by rollup (plan, country) order by level, plan, country;
-- admin: cube over a join
select s.closed, k.priority, count(*), sum(k.estimate) from tasks k join statuses s on s.code = k.status group by cube (s.closed, k.priority) order by 1, 2;
-- admin: filtered and distinct
select count(*) filter (where active) as active, count(distinct email) as addresses, count(distinct lower(name)) filter (where last_seen > timestamptz '2026-02-01 00:00+00') as seen, bool_and(active) as all_active from users;
-- admin: pivot
select plan, count(*) filter (where c = 'DE') as de, sum(case when c is null then 1 else 0 end) as unknown, max(n) as most from (select t.plan, t.country as c, (select count(*) from users u where u.tenant_id = t.id) as n from tenants t) x group by plan order by plan;
-- admin: search everywhere
-- parameters: '%deploy%', 7
select t.name, k.id, k.title, k.custom -> 'points' as points from tasks k join tenants t on t.id = k.tenant_id where k.title ilike '%deploy%' order by t.name, t.id, k.id limit 7;
-- admin: quartiles
select tenant_id, users, ntile(4) over (order by users, tenant_id) as quartile, round(cume_dist() over (order by users)::numeric, 4) as share from tenant_sizes order by tenant_id;
-- admin: who comments on whose tasks
select a.name as author, o.name as assignee, count(*) from comments c join tasks k on k.tenant_id = c.tenant_id and k.id = c.task_id join users a on a.tenant_id = c.tenant_id and a.id = c.author_id join users o on o.tenant_id = k.tenant_id and o.id = k.assignee_id
group by a.name, o.name having count(*) >= 5 order by count(*) desc, a.name, o.name;
-- admin: days on which one tenant did more than another, an inequality as join
select a.tenant_id as one, b.tenant_id as other, count(*) as days from usage_daily a join usage_daily b on a.day = b.day and a.tenant_id < b.tenant_id and a.events > b.events + 40 group by 1, 2 order by days desc, 1, 2;
-- admin: document of a tenant with everything, for an export
select jsonb_build_object('id', t.id, 'users', (select jsonb_agg(u.email order by u.id) from users u where u.tenant_id = t.id), 'sessions', (select count(*) from sessions s where s.tenant_id = t.id)) as document from tenants t where t.id % 6 = 1 order by t.id;
-- admin: several steps
with busy as materialized (select tenant_id, sum(events) as events from usage_daily where day >= date '2026-02-01' group by tenant_id order by events desc, tenant_id limit 6),
people as (select tenant_id, count(*) as n from users where active group by tenant_id)
select t.name, b.events, p.n, b.events / p.n as each from busy b join tenants t on t.id = b.tenant_id left join people p using (tenant_id) order by b.events desc, t.id;
-- admin: rows of several tenants in one statement
insert into usage_daily values (1, '2026-03-01', 5, 100), (2, '2026-03-01', 6, 200), (3, '2026-02-19', 7, 300), (4, '2026-02-19', 8, 400) on conflict (tenant_id, day) do update set events = usage_daily.events + excluded.events, bytes = excluded.bytes;
-- admin: roll up into the same table
insert into usage_daily (tenant_id, day, events, bytes) select tenant_id, date '2026-12-31', sum(events), sum(bytes) from usage_daily group by tenant_id on conflict (tenant_id, day) do update set events = excluded.events;
-- admin: log for one tenant; the log's numbers are the cluster's
insert into audit_log (tenant_id, at, action) select id, timestamptz '2026-03-01 23:00+00', 'notice' from tenants where id = 4;
-- admin: log for another
insert into audit_log (tenant_id, at, action) select id, timestamptz '2026-03-01 23:00+00', 'notice' from tenants where id = 5;
-- admin: log a value
insert into audit_log (tenant_id, at, action) values (4, timestamptz '2026-03-01 23:30+00', 'notice'), (5, timestamptz '2026-03-01 23:30+00', 'notice');
-- admin: numbers that are given twice
select count(*) from (select id from audit_log group by id having count(*) > 1) twice;
-- admin: log for every tenant
insert into audit_log (tenant_id, at, action, subject) select t.id, timestamptz '2026-03-02 00:00+00', 'notice', jsonb_build_object('plan', p.name) from tenants t join plans p on p.code = t.plan where t.closed_at is null;
-- admin: rows that belong to another shard than they come from
insert into sessions (token, tenant_id, user_id, expires) select md5('new' || u.tenant_id || '/' || u.id)::uuid, u.tenant_id, u.id, timestamptz '2026-03-03 00:00+00' from users u where u.role = 'owner' and u.active;
-- admin: update from what is apart
update users u set last_seen = s.seen from (select tenant_id, user_id, max(expires) - interval '1 hour' as seen from sessions group by tenant_id, user_id) s where s.tenant_id = u.tenant_id and s.user_id = u.id and u.role <> 'guest';
-- admin: update from a local table
update tenants t set settings = t.settings || jsonb_build_object('cases', c.n) from (select tenant_id, count(*) as n from support_cases group by tenant_id) c where c.tenant_id = t.id;
-- admin: update by what a window finds
update tasks k set priority = x.n from (select tenant_id, id, row_number() over (partition by tenant_id order by due nulls last, id) as n from tasks where status = 'todo') x where x.tenant_id = k.tenant_id and x.id = k.id and x.n <= 2;
-- admin: update by the whole
update tenants set settings = settings || '{"big": true}' where id in (select tenant_id from users group by tenant_id having count(*) > (select avg(n) from (select count(*) as n from users group by tenant_id) x));
-- admin: delete using what is apart
delete from sessions s using users u where u.tenant_id = s.tenant_id and u.id = s.user_id and not u.active;
-- admin: delete what nobody refers to
delete from tags g where not exists (select from task_tags x where x.tenant_id = g.tenant_id and x.tag = g.name) and g.uses = 0 and g.tenant_id in (select c.tenant_id from support_cases c);
-- admin: a local table from distributed ones
insert into support_cases (id, tenant_id, subject, opened, urgent) select 1000 + t.id, t.id, 'closed: ' || t.name, date '2026-03-04', false from tenants t where t.closed_at is not null;
-- admin: a replicated table from distributed ones
update plans set seats = (select max(z.users) from tenants t join tenant_sizes z on z.tenant_id = t.id where t.plan = plans.code) where code in (select plan from tenants where closed_at is null) and seats is not null;
-- admin: move rows and keep a log
with gone as (delete from comments c using tenants t where t.id = c.tenant_id and t.closed_at is not null returning c.tenant_id, c.id)
insert into audit_log (tenant_id, at, action, subject) select tenant_id, timestamptz '2026-03-05 00:00+00', 'purge', jsonb_build_object('comments', count(*)) from gone group by tenant_id;
-- admin: merge from what is apart
merge into usage_daily d using (select tenant_id, count(*)::int as n from sessions group by tenant_id) s on d.tenant_id = s.tenant_id and d.day = date '2026-12-31'
when matched then update set events = d.events + s.n when not matched then insert (tenant_id, day, events, bytes) values (s.tenant_id, date '2026-12-31', s.n, 0);
-- admin: a tenant and everything of it
-- parameters: 22
delete from tenants where id = 22;
-- admin: all closed tenants
delete from tenants where closed_at < timestamptz '2026-06-01 00:00+00' returning id, name;
