-- The table holds every record that was set aside with its bytes, not only those that no worker could read.
alter table unreadable
  add column why text not null default 'unreadable',  -- unreadable, out_of_limits, foreign, refused (kafka/set_aside.hpp)
  add column detail text not null default '';         -- for operators; empty: kept by an older version
