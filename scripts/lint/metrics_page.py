"""docs/metrics.md is what the catalogue of metrics says (libs/metrics, catalogue.hpp), with who uses them.

`main.py write` makes the page. Dashboards and rules name only metrics that there are.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tree import Finding, Tree

CATALOGUE = 'libs/metrics/include/kassaflow/metrics/catalogue.hpp'
PAGE = 'docs/metrics.md'
DASHBOARDS = re.compile(r'deploy/grafana/.*\.json')
RULES = re.compile(r'deploy/prometheus/.*\.ya?ml')

# The parts of a catalogue that clang-format has laid out: headings, and one initializer an entry.
HEADING = re.compile(r'^\s*// --- (.+) ---$')
FIELD = re.compile(r'\.(\w+) = ')
LABEL = re.compile(r'\{"(\w+)"(?:, (\d+))?\}')
TEXT = re.compile(r'"([^"]*)"')
METRIC = re.compile(r'\b(?:kassaflow|process)_[a-z_]+')
IDENTIFIER = re.compile(r'[a-zA-Z_:][a-zA-Z0-9_:]*')
HISTOGRAM = re.compile(r'_(bucket|count|sum)$')
UNITS = (('_seconds_total', 'seconds'), ('_seconds', 'seconds'), ('_bytes', 'bytes'))

INTRODUCTION = f"""# Metrics

Made by `scripts/lint/main.py write` of the catalogue in the code ([catalogue.hpp](../{CATALOGUE})),
of the dashboards and of the rules, and held to them by `./dev lint`. How to add one: [add-a-metric](how-to/add-a-metric.md).

`/metrics` is on the admin port of each service. Behind a label stands how many values it has. Any other label takes what comes until a name
has `label_limit` series (a setting, 200), and then `other`. So **at most** is the number of series that one process shows of a name; of a
histogram, times its buckets and three. Labels never hold the id of a receipt, an address or a secret.
"""
HEAD = '| Name | Type | Labels | Unit | At most | Shown by | Means | Used by |'


@dataclass
class Metric:
    section: str
    line: int
    name: str = ''
    kind: str = ''
    labels: list[tuple[str, int]] = field(default_factory=list)  # the number of values, 0: any
    unit: str = ''
    services: str = ''
    meaning: str = ''
    buckets: str = ''
    users: list[str] = field(default_factory=list)

    @property
    def shown_unit(self) -> str:
        ending = next((unit for end, unit in UNITS if self.name.endswith(end)), 'number')
        return self.unit or ending

    @property
    def bound(self) -> str:
        few = 1
        for _, values in self.labels:
            few *= values or 1
        return f'label_limit + {few}' if any(values == 0 for _, values in self.labels) else str(few)

    @property
    def shown_labels(self) -> str:
        return ', '.join(f'`{key}`' + (f' ({values})' if values else '') for key, values in self.labels) or 'none'


def entries(text: str) -> Iterator[tuple[str, int, str]]:
    """(heading, line, text) of each initializer of kCatalogue."""
    section, begun = '', 0
    lines: list[str] = []
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if 'kCatalogue[] = {' in line:
            inside = True
        elif inside and line == '};':
            break
        elif inside and (heading := HEADING.match(line)):
            section = heading[1]
        elif inside:
            if line.lstrip().startswith('{.name'):
                begun, lines = number, []
            lines.append(line.strip())
            if line.endswith('},') and begun and line.count('{') <= line.count('}'):
                joined = ' '.join(lines)
                if joined.count('{') == joined.count('}'):
                    yield section, begun, joined
                    begun, lines = 0, []


def read(tree: Tree) -> list[Metric]:
    metrics = []
    for section, line, text in entries(tree.text(CATALOGUE)):
        metric = Metric(section, line)
        parts = FIELD.split(text)[1:]
        for key, value in zip(parts[::2], parts[1::2], strict=True):
            match key:
                case 'labels':
                    metric.labels = [(name, int(values or 0)) for name, values in LABEL.findall(value)]
                case 'kind':
                    metric.kind = value.split('::')[1].split(',')[0].rstrip('}')
                case 'buckets':
                    metric.buckets = value.split(',')[0]
                case 'name' | 'unit' | 'services' | 'meaning':
                    setattr(metric, key, ''.join(TEXT.findall(value)))
        metrics.append(metric)
    return metrics


def names_in(expression: str) -> set[str]:
    return {word for word in IDENTIFIER.findall(re.sub(r'"[^"]*"|\'[^\']*\'', '', expression)) if '_' in word or ':' in word}


def panels(node: object, dashboard: str) -> Iterator[tuple[str, set[str]]]:
    """(who, names) of the panels of a dashboard, also of those in rows."""
    if not isinstance(node, dict):
        return
    for panel in node.get('panels', []):
        expressions = [target.get('expr', '') for target in panel.get('targets', []) if isinstance(target, dict)]
        if expressions:
            yield f'panel {dashboard} / {panel.get("title", "without a title")}', names_in(' '.join(expressions))
        yield from panels(panel, dashboard)


def rules(text: str) -> Iterator[tuple[str, str, set[str]]]:
    """(alert or record, its name, names) of the rules of a file; what is no rule of these is passed over."""
    found: list[tuple[str, str, list[str]]] = []
    for line in text.splitlines():
        if begun := re.match(r'\s*-?\s*(alert|record):\s*(\S+)', line):
            found.append((begun[1], begun[2].strip('\'"'), []))
        elif re.match(r'\s*(labels|annotations|for|keep_firing_for):', line) and found:
            found[-1][2].append('\0')
        elif found:
            found[-1][2].append(line.split(' #')[0])
    for kind, name, lines in found:
        expression = []
        for line in lines:  # up to the first key behind the expression
            if line == '\0':
                break
            expression.append(line)
        yield kind, name, names_in('\n'.join(expression))


def users(tree: Tree) -> list[tuple[str, str, set[str]]]:
    """(path, who, names) of every panel, alert and recording rule."""
    found: list[tuple[str, str, set[str]]] = []
    for path in tree.files:
        if RULES.fullmatch(path):
            for kind, name, names in rules(tree.text(path)):
                found.append((path, f'alert {name}' if kind == 'alert' else f'rule {name}', names))
        elif DASHBOARDS.fullmatch(path):
            dashboard = json.loads(tree.text(path))
            title = str(dashboard.get('title', path)) if isinstance(dashboard, dict) else path
            found += [(path, who, names) for who, names in panels(dashboard, title)]
    return found


def without_rules(found: list[tuple[str, str, set[str]]]) -> list[tuple[str, set[str]]]:
    """(who, names) of panels and alerts; in place of a recording rule stands what it asks for."""
    records: dict[str, set[str]] = {}
    for _, who, names in found:
        if who.startswith('rule '):
            records.setdefault(who.removeprefix('rule '), set()).update(names)

    def metrics_of(names: set[str], seen: frozenset[str] = frozenset()) -> set[str]:
        own = set()
        for name in names:
            own |= metrics_of(records[name], seen | {name}) if name in records and name not in seen else {name}
        return own

    return [(who, metrics_of(names)) for _, who, names in found if not who.startswith('rule ')]


def base(name: str, known: dict[str, Metric]) -> str:
    return name if name in known else HISTOGRAM.sub('', name)


def page(tree: Tree) -> str:
    metrics = read(tree)
    known = {metric.name: metric for metric in metrics}
    for who, names in without_rules(users(tree)):
        for name in sorted({base(name, known) for name in names}):
            if name in known:
                known[name].users.append(who)
    out = INTRODUCTION.splitlines()
    section = None
    for metric in metrics:
        if metric.section != section:
            section = metric.section
            out += ['', f'## {section[0].upper()}{section[1:]}', '', HEAD, '|' + '---|' * (HEAD.count('|') - 1)]
        used = '; '.join(sorted(set(metric.users))) or 'nobody yet'
        row = (f'`{metric.name}`', metric.kind, metric.shown_labels, metric.shown_unit, metric.bound, metric.services, metric.meaning, used)
        out.append('| ' + ' | '.join(row) + ' |')
    return '\n'.join(out) + '\n'


def write(tree: Tree) -> None:
    (tree.root / PAGE).write_text(page(tree), encoding='utf-8')


def check(tree: Tree) -> Iterator[Finding]:
    if CATALOGUE not in tree.files:
        return
    metrics = read(tree)
    known = {metric.name: metric for metric in metrics}
    if len(metrics) != tree.text(CATALOGUE).count('{.name = '):
        yield Finding(CATALOGUE, 1, 'metrics', 'unread', 'an entry is not written as scripts/lint/metrics_page.py reads it')
        return
    for path, who, names in users(tree):
        for name in sorted(names):
            if METRIC.fullmatch(name) and base(name, known) not in known:
                yield Finding(
                    path, 1, 'metrics', name, f'{who} asks for {name}, which is not in {CATALOGUE}: correct it, or add the metric',
                )  # fmt: skip
    if PAGE not in tree.files or tree.text(PAGE) != page(tree):
        yield Finding(PAGE, 1, 'metrics', 'older', 'is older than the catalogue, dashboards or rules: scripts/lint/main.py write')
