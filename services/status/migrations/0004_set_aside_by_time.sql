-- Records that were set aside are listed by time, and kept for a time (kafka/set_aside.hpp).
create index set_aside_by_time on set_aside (set_aside_at, topic, partition, log, record_offset);
