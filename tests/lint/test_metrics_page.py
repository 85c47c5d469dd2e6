import json

from faulty_tree import FaultyTreeCase

import metrics_page

CATALOGUE = """inline constexpr Definition kCatalogue[] = {
    // --- receipts ---
    {.name = "kassaflow_queue_depth",
     .kind = Kind::gauge,
     .labels = {{{"pool"}, {"cause", 19}}},
     .services = "till",
     .meaning = "Receipts that wait, "
                "and wait."},
    // A comment.
    {.name = "kassaflow_done_total", .kind = Kind::counter, .services = "all", .meaning = "Done."},

    // --- times ---
    {.name = "kassaflow_answer_seconds",
     .kind = Kind::histogram,
     .buckets = kShortSeconds,
     .services = "till",
     .meaning = "Time to answer."},
};
"""
RULES = """groups:
  - name: a
    rules:
      - record: pool:kassaflow_queue:sum
        expr: sum by (pool) (kassaflow_queue_depth)
      - alert: QueueLong
        expr: |
          pool:kassaflow_queue:sum > 5
        for: 5m
        annotations:
          summary: "kassaflow_nothing is far away"
"""


class MetricsPage(FaultyTreeCase):
    def setUp(self) -> None:
        super().setUp()
        self.write(metrics_page.CATALOGUE, CATALOGUE)
        self.write('docs/README.md', '# Docs\n')
        self.write_page()

    def write_page(self) -> None:
        metrics_page.write(self.tree)

    def found(self):
        return list(metrics_page.check(self.tree))

    def row(self, name: str) -> str:
        return next(line for line in metrics_page.page(self.tree).splitlines() if line.startswith(f'| `{name}`'))

    def dashboard(self, expression: str) -> None:
        panel = {'title': 'Queue', 'targets': [{'expr': expression}]}
        self.write('deploy/grafana/overview.json', json.dumps({'title': 'Overview', 'panels': [{'panels': [panel]}]}))

    def test_the_page_says_what_the_catalogue_says(self):
        self.assertEqual(self.found(), [])
        self.assertIn('gauge | `pool`, `cause` (19) | number | label_limit + 19 | till | Receipts that wait, and wait. | nobody yet',
                      self.row('kassaflow_queue_depth'))
        self.assertIn('counter | none | number | 1 | all | Done.', self.row('kassaflow_done_total'))
        self.assertIn('histogram | none | seconds | 1 | till', self.row('kassaflow_answer_seconds'))
        self.assertIn('\n## Times\n', metrics_page.page(self.tree))

    def test_a_page_that_is_older(self):
        self.replace(metrics_page.CATALOGUE, 'Time to answer.', 'Time to answer a post.')
        self.assert_finds(self.found(), metrics_page.PAGE, 1, 'older', 'main.py write')
        self.write_page()
        self.assertEqual(self.found(), [])

    def test_an_entry_that_is_written_otherwise(self):
        self.replace(metrics_page.CATALOGUE, '     .meaning = "Time to answer."},\n', '     .meaning = "Time to answer."}\n')
        self.assert_finds(self.found(), metrics_page.CATALOGUE, 1, 'not written')

    def test_who_uses_it(self):
        self.write('deploy/prometheus/rules.yaml', RULES)
        self.dashboard('histogram_quantile(0.9, sum by (le) (rate(kassaflow_answer_seconds_bucket{pool="a"}[5m])))')
        self.assertTrue(self.row('kassaflow_queue_depth').endswith('| alert QueueLong |'))
        self.assertTrue(self.row('kassaflow_answer_seconds').endswith('| panel Overview / Queue |'))
        self.write_page()
        self.assertEqual(self.found(), [])

    def test_a_panel_that_asks_for_nothing(self):
        self.dashboard('rate(kassaflow_gone_total[5m]) + kassaflow_done_total')
        self.write_page()
        self.assert_finds(self.found(), 'deploy/grafana/overview.json', 1, 'Overview / Queue', 'kassaflow_gone_total')

    def test_a_rule_that_asks_for_nothing(self):
        self.write('deploy/prometheus/rules.yaml', RULES.replace('(kassaflow_queue_depth)', '(kassaflow_away)'))
        self.write_page()
        self.assert_finds(self.found(), 'deploy/prometheus/rules.yaml', 1, 'pool:kassaflow_queue:sum', 'kassaflow_away')
