-- A callback is evidence of the attempts it names (exactly-once.md 5), which the driver of this register reads.
alter table evidence add column callback_register text;
drop table callbacks;
