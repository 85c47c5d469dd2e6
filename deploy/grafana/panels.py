"""What the dashboards show: one table. `generate.py` makes dashboards/*.json of it.

A panel is Panel(title, description, unit, queries, kind); a query is (PromQL, legend). Units are Grafana's names:
short (a number), s, d, bytes, reqps (a second), percentunit (1 is all), bool_yes_no.

Names with a colon are recording rules (deploy/prometheus/rules/recording.yaml); those of pools and registers have the tenant.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Panel:
    title: str
    description: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    kind: str = 'timeseries'  # timeseries, stat, table
    width: int = 8  # of 24


@dataclass(frozen=True)
class Row:
    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Variable:
    name: str
    label: str
    query: str  # label_values(SERIES, LABEL)


@dataclass(frozen=True)
class Dashboard:
    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = field(default=())


def stat(title: str, description: str, unit: str, query: str) -> Panel:
    return Panel(title, description, unit, ((query, title),), 'stat', 3)


def quantiles(bucket: str, by: str = '') -> tuple[tuple[str, str], ...]:
    """Half of them, and 99 in 100, were done within …"""
    group = f'le, {by}' if by else 'le'
    legend = f'{{{{{by}}}}} ' if by else ''
    return tuple(
        (f'histogram_quantile({part}, sum by ({group}) (rate({bucket}[$__rate_interval])))', f'{legend}{name}')
        for part, name in (('0.5', 'half'), ('0.95', '95 %'), ('0.99', '99 %'))
    )


OVERVIEW = Dashboard(
    'kassaflow-overview', 'kassaflow: overview', 'All tenants: what comes in, what waits, what is printed.',
    (
        Row('Now', (
            stat('Accepted', 'Checks answered with a UUID.', 'reqps', 'sum(rate(kassaflow_receipts_accepted_total[$__rate_interval]))'),
            stat('Printed', 'Receipts with their fiscal document.', 'reqps',
                 'sum(rate(kassaflow_receipts_finished_total{outcome="done"}[$__rate_interval]))'),
            stat('Waiting', 'Receipts that wait for a register.', 'short', 'sum(kassaflow:queue_depth)'),
            stat('Longest wait', 'Age of the oldest waiting receipt of any pool.', 's', 'max(kassaflow:queue_oldest_seconds)'),
            stat('Uncertain or held', 'Receipts that wait for a proof or a person.', 'short', 'sum(kassaflow:uncertain_receipts)'),
            stat('Registers down', 'Registers that take no receipts.', 'short', 'count(kassaflow:register_up == 0) or vector(0)'),
            stat('Journal open', 'No: at least one fiscalizer prints nothing, since the journal is not trusted.', 'bool_yes_no',
                 'min(kassaflow_journal_open)'),
            stat('Alerts', 'Alerts that fire.', 'short',
                 'count(ALERTS{alertname=~"Kassaflow.+",alertstate="firing"}) or vector(0)'),
        )),
        Row('Receipts', (
            Panel('Accepted and finished', 'Receipts a second: accepted, and at their end by outcome. Accepted above finished for long: queues grow.', 'reqps', (
                ('sum(rate(kassaflow_receipts_accepted_total[$__rate_interval]))', 'accepted'),
                ('sum by (outcome) (rate(kassaflow_receipts_finished_total[$__rate_interval]))', '{{outcome}}'),
            )),
            Panel('From acceptance to document', 'How long receipts took that were printed, with their time in the queue.', 's',
                  quantiles('kassaflow_receipt_seconds_bucket')),
            Panel('Refused posts', 'Posts answered with ERRORS, by reason. unconfirmed, internal and configuration are our fault.', 'reqps', (
                ('sum by (reason) (rate(kassaflow_receipts_refused_total[$__rate_interval]))', '{{reason}}'),
            )),
            Panel('PRINT_URL', 'How long the portal waits for the answer to a post.', 's', quantiles('kassaflow_print_url_seconds_bucket')),
            Panel('CHECK_URL', 'How long the portal waits for the answer to a question.', 's', quantiles('kassaflow_check_url_seconds_bucket')),
            Panel('Attempts', 'Attempts on registers that came to an end, by outcome. unknown: the answer was lost.', 'reqps', (
                ('sum by (outcome) (rate(kassaflow_attempts_total[$__rate_interval]))', '{{outcome}}'),
            )),
        )),
        Row('Queues', (
            Panel('Longest queues', 'Waiting receipts of the ten longest queues, by pool and tenant.', 'short', (
                ('topk(10, kassaflow:queue_depth)', '{{tenant}} / {{pool}}'),
            )),
            Panel('Oldest waiting receipts', 'Age of the oldest waiting receipt of the ten slowest pools.', 's', (
                ('topk(10, kassaflow:queue_oldest_seconds)', '{{tenant}} / {{pool}}'),
            )),
            Panel('Waiting by tenant', 'Waiting receipts of the ten tenants that have most.', 'short', (
                ('topk(10, sum by (tenant) (kassaflow:queue_depth))', '{{tenant}}'),
            )),
            Panel('Uncertain or held', 'Receipts that wait for a proof or a person, of the ten pools that have most.', 'short', (
                ('topk(10, kassaflow:uncertain_receipts)', '{{tenant}} / {{pool}}'),
            )),
            Panel('Held', 'Receipts that only a person sets free, of the ten pools that have most.', 'short', (
                ('topk(10, kassaflow:held_receipts)', '{{tenant}} / {{pool}}'),
            )),
            Panel('Oldest question', 'How long the oldest attempt without an answer has waited, of the ten slowest pools.', 's', (
                ('topk(10, kassaflow:questions_oldest_seconds)', '{{tenant}} / {{pool}}'),
            )),
        )),
        Row('Tenants', (
            Panel('Accepted by tenant', 'Checks a second of the ten tenants that post most.', 'reqps', (
                ('topk(10, sum by (tenant) (rate(kassaflow_receipts_accepted_total[$__rate_interval])))', '{{tenant}}'),
            )),
            Panel('Refused for a time', 'Posts and callbacks over a limit, by limit. What was refused is nowhere; the portal posts it again.', 'reqps', (
                ('sum by (limit) (rate(kassaflow_limited_total[$__rate_interval]))', '{{limit}}'),
            )),
            Panel('Without legal force', 'Receipts printed by a test register, a second, by tenant.', 'reqps', (
                ('sum by (tenant) (rate(kassaflow_test_receipts_total[$__rate_interval]))', '{{tenant}}'),
            )),
            Panel('Warnings', 'Accepted checks that are odd and print all the same, by kind.', 'reqps', (
                ('sum by (kind) (rate(kassaflow_receipt_warnings_total[$__rate_interval]))', '{{kind}}'),
            )),
            Panel('Alarms of the last hour', 'Alarm lines of the log by event, the ten most frequent. docs/runbooks/alarms.md has each.', 'short', (
                ('topk(10, sum by (event) (increase(kassaflow_alarms_total[1h])))', '{{event}}'),
            ), 'table', 16),
        )),
    ),
)

TENANT = Dashboard(
    'kassaflow-tenant', 'kassaflow: a tenant', 'One tenant: its checks, pools and registers.',
    (
        Row('Now', (
            stat('Accepted', 'Checks answered with a UUID.', 'reqps', 'sum(rate(kassaflow_receipts_accepted_total{tenant="$tenant"}[$__rate_interval]))'),
            stat('Printed today', 'Receipts printed in the last 24 hours.', 'short',
                 'sum(increase(kassaflow_receipts_finished_total{tenant="$tenant",outcome="done"}[24h]))'),
            stat('Waiting', 'Receipts that wait for a register.', 'short', 'sum(kassaflow:queue_depth{tenant="$tenant"})'),
            stat('Longest wait', 'Age of the oldest waiting receipt.', 's', 'max(kassaflow:queue_oldest_seconds{tenant="$tenant"})'),
            stat('Uncertain or held', 'Receipts that wait for a proof or a person.', 'short', 'sum(kassaflow:uncertain_receipts{tenant="$tenant"})'),
            stat('Held', 'Receipts that only a person sets free.', 'short', 'sum(kassaflow:held_receipts{tenant="$tenant"})'),
            stat('Registers', 'Registers of all its pools.', 'short', 'count(kassaflow:register_up{tenant="$tenant"})'),
            stat('Registers down', 'Registers that take no receipts.', 'short',
                 'count(kassaflow:register_up{tenant="$tenant"} == 0) or vector(0)'),
        )),
        Row('Receipts', (
            Panel('Accepted and finished', 'Receipts a second: accepted, and at their end by outcome.', 'reqps', (
                ('sum(rate(kassaflow_receipts_accepted_total{tenant="$tenant"}[$__rate_interval]))', 'accepted'),
                ('sum by (outcome) (rate(kassaflow_receipts_finished_total{tenant="$tenant"}[$__rate_interval]))', '{{outcome}}'),
            )),
            Panel('Waiting', 'Waiting receipts by pool.', 'short', (('kassaflow:queue_depth{tenant="$tenant"}', '{{pool}}'),)),
            Panel('Longest wait', 'Age of the oldest waiting receipt by pool.', 's', (('kassaflow:queue_oldest_seconds{tenant="$tenant"}', '{{pool}}'),)),
            Panel('Uncertain or held', 'Receipts that wait for a proof or a person, by pool.', 'short', (
                ('kassaflow:uncertain_receipts{tenant="$tenant"}', '{{pool}}'),
            )),
            Panel('Oldest question', 'How long the oldest attempt without an answer has waited, by pool.', 's', (
                ('kassaflow:questions_oldest_seconds{tenant="$tenant"}', '{{pool}}'),
            )),
            Panel('Alerts', 'Alerts of its pools and registers that fire, or are about to.', 'short', (
                ('ALERTS{tenant="$tenant"}', '{{alertname}}'),
            ), 'table'),
        )),
        Row('Registers', (
            Panel('Up', 'Yes: the register takes receipts.', 'bool_yes_no', (('kassaflow:register_up{tenant="$tenant"}', '{{register}}'),)),
            Panel('Down, and why', 'Registers that take no receipts, by cause. docs/runbooks/register-down.md says what mends which.', 'short', (
                ('kassaflow:register_down{tenant="$tenant"}', '{{register}}: {{cause}}'),
            ), 'table'),
            Panel('Age of the shift', 'Open shifts that the gateway closes itself, after 23 h 30 min.', 's', (
                ('kassaflow:register_shift_age_seconds{tenant="$tenant"}', '{{register}}'),
            )),
            Panel('Fiscal storage', 'Days until the fiscal storage ends, where the register tells it.', 'd', (
                ('kassaflow:register_fn_days_left{tenant="$tenant"}', '{{register}}'),
            )),
            Panel('Not at the OFD', 'Documents that have not reached the OFD, where the register tells it.', 'short', (
                ('kassaflow:register_ofd_backlog{tenant="$tenant"}', '{{register}}'),
            )),
            Panel('Oldest not at the OFD', 'Age of the oldest such document. At 30 days the storage stops signing.', 's', (
                ('kassaflow:register_ofd_oldest_seconds{tenant="$tenant"}', '{{register}}'),
            )),
        )),
    ),
    (Variable('tenant', 'Tenant', 'label_values(kassaflow_pool_info, tenant)'),),
)

REGISTERS = Dashboard(
    'kassaflow-registers', 'kassaflow: registers', 'The fleet: who is up, who is not and why, what registers answer, shifts, storages, the OFD.',
    (
        Row('Now', (
            stat('Registers', 'Registers that a fiscalizer runs.', 'short', 'count(kassaflow:register_up)'),
            stat('Up', 'The part of them that takes receipts.', 'percentunit', 'avg(kassaflow:register_up)'),
            stat('Attempts', 'Attempts that came to an end.', 'reqps', 'sum(rate(kassaflow_attempts_total[$__rate_interval]))'),
            stat('Lost answers', 'The part of attempts whose answer was lost.', 'percentunit',
                 'sum(rate(kassaflow_attempts_total{outcome="unknown"}[$__rate_interval])) / sum(rate(kassaflow_attempts_total[$__rate_interval]))'),
            stat('Questions', 'Attempts without an answer that wait for a proof or a person.', 'short', 'sum(kassaflow_questions)'),
            stat('Longest shift', 'The gateway closes a shift itself after 23 h 30 min.', 's', 'max(kassaflow:register_shift_age_seconds)'),
            stat('First storage to end', 'Days until the first fiscal storage ends.', 'd', 'min(kassaflow:register_fn_days_left)'),
            stat('Oldest not at the OFD', 'At 30 days a storage stops signing.', 's', 'max(kassaflow:register_ofd_oldest_seconds)'),
        )),
        Row('Up and down', (
            Panel('By protocol', 'Registers that take receipts, and all of them, by protocol.', 'short', (
                ('sum by (protocol) (kassaflow:register_up)', '{{protocol}} up'),
                ('count by (protocol) (kassaflow:register_up)', '{{protocol}} all'),
            )),
            Panel('Down by cause', 'Registers that take no receipts, by cause.', 'short', (
                ('sum by (cause) (kassaflow:register_down)', '{{cause}}'),
            )),
            Panel('Who is down', 'Each register that takes no receipts, with its tenant and cause.', 'short', (
                ('kassaflow:register_down', '{{tenant}} / {{register}}: {{cause}}'),
            ), 'table'),
        )),
        Row('What they answer', (
            Panel('Attempts by protocol', 'Attempts that came to an end, by protocol and outcome.', 'reqps', (
                ('sum by (protocol, outcome) (rate(kassaflow_attempts_total[$__rate_interval]))', '{{protocol}} {{outcome}}'),
            )),
            Panel('Not printed, by cause', 'Attempts that ended without a document, by cause.', 'reqps', (
                ('sum by (cause) (rate(kassaflow_attempts_total{outcome="not_printed"}[$__rate_interval]))', '{{cause}}'),
            )),
            Panel('Questions by pool', 'Attempts without an answer, of the ten pools that have most. Two of them stop a BIT register.', 'short', (
                ('topk(10, kassaflow_questions)', '{{pool}}'),
            )),
        )),
        Row('Shifts, storages, OFD', (
            Panel('Longest shifts', 'Open shifts that the gateway closes itself: the ten oldest.', 's', (
                ('topk(10, kassaflow:register_shift_age_seconds)', '{{tenant}} / {{register}}'),
            )),
            Panel('Storages that end first', 'Days until the fiscal storage ends: the ten first.', 'd', (
                ('bottomk(10, kassaflow:register_fn_days_left)', '{{tenant}} / {{register}}'),
            )),
            Panel('Oldest not at the OFD', 'Age of the oldest document that is not at the OFD: the ten oldest.', 's', (
                ('topk(10, kassaflow:register_ofd_oldest_seconds)', '{{tenant}} / {{register}}'),
            )),
            Panel('Not at the OFD', 'Documents that are not at the OFD: the ten registers with most.', 'short', (
                ('topk(10, kassaflow:register_ofd_backlog)', '{{tenant}} / {{register}}'),
            )),
        )),
    ),
)

PIPELINE = Dashboard(
    'kassaflow-pipeline', 'kassaflow: pipeline', 'What carries receipts: Kafka, the journal and its workers, the view, pushes, processes.',
    (
        Row('Kafka', (
            Panel('Lag', 'Records not yet taken in, by reader and topic.', 'short', (
                ('sum by (job, topic) (kassaflow_kafka_lag)', '{{job}} {{topic}}'),
            )),
            Panel('Lag of partitions', 'The ten partitions that are furthest behind.', 'short', (
                ('topk(10, kassaflow_kafka_lag)', '{{job}} {{topic}} {{partition}}'),
            )),
            Panel('Topics', 'Settings that may lose or hide records, and partitions that lack a replica.', 'short', (
                ('max by (topic) (kassaflow_kafka_topic_faults)', '{{topic}} faults'),
                ('max by (topic) (kassaflow_kafka_under_replicated_partitions)', '{{topic}} under-replicated'),
            )),
            Panel('Set aside', 'Records that were not taken in, in the last hour, by topic and cause.', 'short', (
                ('sum by (topic, why) (increase(kassaflow_records_set_aside_total[1h]))', '{{topic}} {{why}}'),
            )),
            Panel('Logs that changed', 'Logs that are not what was read of them, and batches that are not taken in, in the last hour.', 'short', (
                ('sum by (topic, alarm) (increase(kassaflow_kafka_alarms_total[1h]))', '{{topic}} {{alarm}}'),
            )),
            Panel('Round trip to the brokers', 'Average of the slowest broker, by service.', 's', (
                ('max by (job, client) (kassaflow_kafka_client_rtt_seconds)', '{{job}} {{client}}'),
            )),
            Panel('Waiting to be sent', 'Records in the queues of the clients.', 'short', (
                ('sum by (job, client) (kassaflow_kafka_client_queued_messages)', '{{job}} {{client}}'),
            )),
            Panel('Bytes waiting to be sent', 'Bytes in the queues of the clients.', 'bytes', (
                ('sum by (job, client) (kassaflow_kafka_client_queued_bytes)', '{{job}} {{client}}'),
            )),
            Panel('Brokers connected', 'The fewest that a process of the service is connected to.', 'short', (
                ('min by (job, client) (kassaflow_kafka_client_brokers_connected)', '{{job}} {{client}}'),
            )),
            Panel('Errors of the clients', 'Failures to send, to receive, and requests without an answer in time.', 'reqps', (
                ('sum by (job, kind) (rate(kassaflow_kafka_client_errors_total[$__rate_interval]))', '{{job}} {{kind}}'),
            )),
        )),
        Row('Journal and workers', (
            Panel('Journal open', 'No: that fiscalizer prints nothing, since the journal is not trusted.', 'bool_yes_no', (
                ('kassaflow_journal_open', '{{instance}}'),
            )),
            Panel('Standby in sync', 'Yes: a commit is on a second machine before it is believed.', 'bool_yes_no', (
                ('max(kassaflow_journal_standby_in_sync)', 'standby'),
            )),
            Panel('Shards', 'Of 1024 shards, those each fiscalizer has.', 'short', (('kassaflow_leases_held', '{{instance}}'),)),
            Panel('Shards taken over', 'released: the other worker gave it away. expired: it died, hung or lost PostgreSQL.', 'reqps', (
                ('sum by (how) (rate(kassaflow_lease_takeovers_total[$__rate_interval]))', '{{how}}'),
            )),
        )),
        Row('PostgreSQL', (
            Panel('Transactions', 'How long a transaction takes, by service.', 's', quantiles('kassaflow_sql_seconds_bucket', 'job')),
            Panel('Waiting for a connection', 'Transactions that wait for a connection, by service.', 'short', (
                ('sum by (job) (kassaflow_sql_waiting)', '{{job}}'),
            )),
            Panel('Connections', 'Connections by service and state.', 'short', (
                ('sum by (job, state) (kassaflow_sql_connections)', '{{job}} {{state}}'),
            )),
            Panel('Schemas', 'The version of each schema, as the services see it.', 'short', (
                ('max by (schema) (kassaflow_schema_version)', '{{schema}}'),
            )),
        )),
        Row('View and pushes', (
            Panel('View caught up', 'No: CHECK_URL says WAIT instead of ERROR, and no error is pushed.', 'bool_yes_no', (
                ('kassaflow_view_caught_up', '{{instance}}'),
            )),
            Panel('WAIT for want of the store', 'Questions answered WAIT because PostgreSQL could not be asked.', 'reqps', (
                ('sum(rate(kassaflow_check_url_fallback_total[$__rate_interval]))', 'fallback'),
            )),
            Panel('Pushes', 'Pushes to portals by answer. docs/runbooks/pushes.md says what each is.', 'reqps', (
                ('sum by (answer) (rate(kassaflow_pushes_total[$__rate_interval]))', '{{answer}}'),
            )),
            Panel('Outcomes to be told', 'Outcomes the portals have not been told.', 'short', (('max(kassaflow_push_backlog)', 'outcomes'),)),
            Panel('Longest overdue', 'How long the push that is longest overdue has been due.', 's', (('max(kassaflow_push_oldest_seconds)', 'overdue'),)),
        )),
        Row('Processes', (
            Panel('Processor', 'Processors in use, by process.', 'short', (
                ('rate(process_cpu_seconds_total{job=~"kassaflow-.+"}[$__rate_interval])', '{{job}} {{instance}}'),
            )),
            Panel('Memory', 'Resident memory, by process.', 'bytes', (
                ('process_resident_memory_bytes{job=~"kassaflow-.+"}', '{{job}} {{instance}}'),
            )),
            Panel('Open files', 'The part of the limit that is in use.', 'percentunit', (
                ('process_open_fds{job=~"kassaflow-.+"} / process_max_fds{job=~"kassaflow-.+"}', '{{job}} {{instance}}'),
            )),
            Panel('Threads', 'Threads of each process.', 'short', (('process_threads{job=~"kassaflow-.+"}', '{{job}} {{instance}}'),)),
            Panel('Running for', 'Time since the process started.', 's', (
                ('time() - process_start_time_seconds{job=~"kassaflow-.+"}', '{{job}} {{instance}}'),
            )),
            Panel('Versions', 'Processes by service and version.', 'short', (
                ('count by (job, version) (kassaflow_build_info)', '{{job}} {{version}}'),
            ), 'table'),
            Panel('Followers of the configuration', 'Processes that follow the registry.', 'short', (
                ('sum(kassaflow_registry_watchers)', 'followers'),
            )),
            Panel('Bugs', 'Requests whose handler threw.', 'reqps', (
                ('sum by (job, server) (rate(kassaflow_http_failures_total[$__rate_interval]))', '{{job}} {{server}}'),
            )),
        )),
    ),
)

SLO = Dashboard(
    'kassaflow-slo', 'kassaflow: service levels', 'What is promised of PRINT_URL and CHECK_URL over 30 days, and how much of the error budget is left. docs/runbooks/slo.md.',
    (
        Row('30 days', (
            Panel('Error budget left', '100 %: no request broke the promise. 0 %: all the failures of 30 days that it allows are used up.', 'percentunit', (
                ('kassaflow:slo_budget_left', '{{slo}}'),
            ), 'stat', 12),
            Panel('Promise', 'The part of requests that must keep it.', 'percentunit', (('kassaflow:slo_objective', '{{slo}}'),), 'stat', 12),
            Panel('Kept over 30 days', 'The part of requests that kept the promise.', 'percentunit', (
                ('1 - kassaflow:slo_errors:ratio30d', '{{slo}}'),
            )),
            Panel('Error budget', 'How it went down and came back.', 'percentunit', (('kassaflow:slo_budget_left', '{{slo}}'),), 'timeseries', 16),
        )),
        Row('Pace', (
            Panel('Pace over 5 minutes', '1: at this pace the budget lasts exactly 30 days. Above 14.4 over an hour somebody is woken.', 'short', (
                ('kassaflow:slo_errors:ratio5m / on (slo) (1 - kassaflow:slo_objective)', '{{slo}}'),
            )),
            Panel('Pace over an hour', 'An alert above 14.4.', 'short', (
                ('kassaflow:slo_errors:ratio1h / on (slo) (1 - kassaflow:slo_objective)', '{{slo}}'),
            )),
            Panel('Pace over 6 hours', 'An alert above 6.', 'short', (
                ('kassaflow:slo_errors:ratio6h / on (slo) (1 - kassaflow:slo_objective)', '{{slo}}'),
            )),
        )),
        Row('Requests', (
            Panel('All', 'Requests that could break the promise.', 'reqps', (('kassaflow:slo_all:rate5m', '{{slo}}'),)),
            Panel('Bad', 'Requests that broke it.', 'reqps', (('kassaflow:slo_bad:rate5m', '{{slo}}'),)),
            Panel('Refused by our fault', 'Posts answered with ERRORS: Kafka did not confirm, a bug, no configuration.', 'reqps', (
                ('sum by (reason) (rate(kassaflow_receipts_refused_total{reason=~"configuration|unconfirmed|internal"}[$__rate_interval]))', '{{reason}}'),
            )),
            Panel('PRINT_URL within a second', 'The part of posts that was answered within 1 s.', 'percentunit', (
                ('sum(rate(kassaflow_print_url_seconds_bucket{le="1"}[$__rate_interval])) / sum(rate(kassaflow_print_url_seconds_count[$__rate_interval]))',
                 'within 1 s'),
            ), 'timeseries', 12),
            Panel('CHECK_URL within half a second', 'The part of questions that was answered within 0.5 s.', 'percentunit', (
                ('sum(rate(kassaflow_check_url_seconds_bucket{le="0.5"}[$__rate_interval])) / sum(rate(kassaflow_check_url_seconds_count[$__rate_interval]))',
                 'within 0.5 s'),
            ), 'timeseries', 12),
        )),
    ),
)

DASHBOARDS = (OVERVIEW, TENANT, REGISTERS, PIPELINE, SLO)
