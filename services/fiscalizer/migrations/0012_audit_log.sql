-- The audit log whose rows hang together (libs/audit): each hash is over the row and the hash before it.
create table audit_log (
  number bigint primary key,
  at_us bigint not null,  -- Unix time
  name text not null,
  came_from text not null,
  reason text not null,
  action text not null,
  subject text not null,
  hash bytea not null
);
create index audit_log_by_subject on audit_log (subject);
create table audit_head (
  singleton boolean primary key default true check (singleton),
  number bigint not null,
  hash bytea not null
);
insert into audit_head (number, hash) values (0, decode(repeat('00', 32), 'hex'));

-- What was audited before comes into it as it stands there. `audit` is left to a version that still writes it.
create function chained(before bytea, variadic parts text[]) returns bytea language sql immutable as $$
  select sha256(before || convert_to(string_agg(octet_length(part) || ':' || part, '' order by place), 'UTF8'))
  from unnest(parts) with ordinality as p (part, place)
$$;
do $$
declare
  old record;
  place bigint := 0;
  chain bytea := decode(repeat('00', 32), 'hex');
  happened bigint;
  about text;
begin
  for old in select * from audit order by id loop
    place := place + 1;
    happened := (extract(epoch from old.at) * 1000000)::bigint;
    about := coalesce('receipt/' || old.receipt, '');
    chain := chained(chain, place::text, happened::text, old.actor, '', '', old.action, about);
    insert into audit_log values (place, happened, old.actor, '', '', old.action, about, chain);
  end loop;
  update audit_head set number = place, hash = chain;
end $$;
drop function chained;
