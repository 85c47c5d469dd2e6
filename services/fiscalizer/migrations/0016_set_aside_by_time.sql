-- Records that were set aside are listed by time, and kept for a time.
create index unreadable_by_time on unreadable (taken_in_at, topic, partition, log, record_offset);
