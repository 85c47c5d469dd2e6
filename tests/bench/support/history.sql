-- History for the journal: copies of what is done, with ids, keys and document numbers of their own.
set client_min_messages = warning;
set search_path = fiscalizer;
create temp table copy as
  select done.id as was, gen_random_uuid() as id, row_number() over () as n
  from (select id from receipts where state = 'done' limit 1000) done,
    generate_series(1, :receipts / greatest(1, (select least(1000, count(*)) from receipts where state = 'done')));
create function pg_temp.copy_rows(name text, source text, variable text, value text) returns void language plpgsql as $$
declare columns text; values text;
begin
  select string_agg(quote_ident(column_name), ', '), string_agg('t.' || quote_ident(column_name), ', ')
    into columns, values from information_schema.columns
    where table_schema = 'fiscalizer' and table_name = name and is_generated = 'NEVER' and is_identity = 'NO'
      and column_name <> all (string_to_array(variable, ', '));
  execute format('insert into %I (%s, %s) select %s, %s from %s', name, variable, columns, value, values, source);
end $$;
select pg_temp.copy_rows('receipts', 'receipts t join copy c on c.was = t.id', 'id', 'c.id');
select pg_temp.copy_rows('posts', 'posts t join copy c on c.was = t.receipt', 'receipt, post_id', 'c.id, gen_random_uuid()');
select pg_temp.copy_rows('attempts', 'attempts t join copy c on c.was = t.receipt', 'receipt', 'c.id');
create temp table copied as
  select old.id as was, new.id, c.n from copy c join attempts old on old.receipt = c.was
    join attempts new on new.receipt = c.id and new.number = old.number;
select pg_temp.copy_rows('evidence', 'evidence t join copied c on c.was = t.attempt', 'attempt', 'c.id');
select pg_temp.copy_rows('documents', 'documents t join copied c on c.was = t.attempt join attempts a on a.id = c.id',
  'attempt, receipt, fd', 'c.id, a.receipt, 1000000000 + c.n');
vacuum analyze;
