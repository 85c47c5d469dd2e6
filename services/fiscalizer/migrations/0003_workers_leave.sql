-- A worker that gives everything away before it stops: the others reckon their shares without it from the first moment
-- on, also while an answer it waits for keeps it.
alter table workers add column leaving boolean not null default false;
