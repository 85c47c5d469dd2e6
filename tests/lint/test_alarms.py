from faulty_tree import FaultyTreeCase

import alarms

LIST = 'inline constexpr std::string_view kAlarms[] = {\n    "alarm.paper",\n    "alarm.shift",\n};\n'


class Alarms(FaultyTreeCase):
    def setUp(self) -> None:
        super().setUp()
        self.write(alarms.LIST, LIST)
        self.write('services/till/src/alarm.cpp', 'log::error("alarm.paper");\n// alarm.gone\nalarm_once("alarm.shift", finding);\n')

    def found(self):
        return list(alarms.check(self.tree))

    def test_what_is_listed_and_logged_is_fine(self):
        self.assertEqual(self.found(), [])

    def test_an_alarm_that_is_not_listed(self):
        self.append('services/till/src/alarm.cpp', 'log::error("alarm.fire");\n')
        self.assert_finds(self.found(), 'services/till/src/alarm.cpp', 4, 'alarm.fire', alarms.LIST)

    def test_a_text_that_names_one_that_is_not_listed(self):
        self.append('services/till/src/alarm.cpp', 'why = "see alarm.fire";\n')
        self.assert_finds(self.found(), 'services/till/src/alarm.cpp', 4, 'alarm.fire', alarms.LIST)

    def test_one_that_nobody_logs(self):
        self.write('services/till/src/alarm.cpp', 'log::error("alarm.paper");\nwhy = "see alarm.shift";\n')
        self.assert_finds(self.found(), alarms.LIST, 3, 'alarm.shift', 'nobody logs it')

    def test_pages_and_rules_name_what_there_is(self):
        self.write('docs/runbooks/alarms.md', '# `alarm.paper`\n\nSee `alarm.fire`.\n')
        self.assert_finds(self.found(), 'docs/runbooks/alarms.md', 3, 'alarm.fire', alarms.LIST)

    def test_tests_may_name_what_they_like(self):
        self.write('services/till/tests/alarm_test.cpp', 'log::error("alarm.fire");\n')
        self.assertEqual(self.found(), [])
