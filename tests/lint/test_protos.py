from faulty_tree import FaultyTreeCase

import protos

PATH = 'proto/nova/v1/till.proto'
SOUND = """syntax = "proto3";
package nova.v1;

// What a till says.
message Till {
  reserved 4;
  string id = 1;
  int64 sum_kopecks = 2;
  repeated string names = 3;
}

// How it is.
enum State {
  STATE_UNSPECIFIED = 0;
  OPEN = 1;
}

message TillRequest { string id = 1; }
service Tills {
  rpc Get(TillRequest) returns (Till);
}
"""


class Protos(FaultyTreeCase):
    def setUp(self):
        super().setUp()
        self.git('checkout', '-q', '-b', 'main')
        self.write(PATH, SOUND)
        self.commit()
        self.git('checkout', '-q', '-b', 'work')
        self.commit()

    def found(self):
        return list(protos.check(self.tree))

    def test_additions_pass(self):
        self.replace(PATH, '  string id = 1;\n  int64', '  optional string note = 5;\n  string id = 1;\n  int64')
        self.replace(PATH, 'OPEN = 1;', 'OPEN = 1;\n  SHUT = 2;')
        self.append(PATH, '// More.\nmessage More { Till till = 1; }\n')
        self.assertEqual(self.found(), [])

    def test_what_breaks_older_readers(self):
        for old, new, line, words in (
            ('int64 sum_kopecks', 'string sum_kopecks', 8, 'changed its type'),
            ('repeated string', 'string', 9, 'changed its type'),
            ('  int64 sum_kopecks = 2;\n', '', 5, 'write `reserved 2;`'),
            ('int64 sum_kopecks', 'int64 total_kopecks', 8, 'number 2 was nova.v1.Till.sum_kopecks'),
            ('reserved 4;\n', '\n', 5, 'no longer reserved'),
            ('reserved 4;\n', 'bool lost = 4;\n', 5, 'is taken by nova.v1.Till.lost'),
            ('  OPEN = 1;\n', '  SHUT = 2;\n', 13, 'write `reserved 1;`'),
            ('  rpc Get(TillRequest) returns (Till);\n', '', 1, 'method nova.v1.Tills.Get is gone'),
            ('(TillRequest)', '(Till)', 20, 'takes or answers something else'),
            ('message TillRequest { string id = 1; }\n', '// X.\nmessage Other { string id = 1; }\n', 1, 'TillRequest is gone'),
        ):
            with self.subTest(new):
                self.write(PATH, SOUND.replace(old, new))
                if 'Other' in new:
                    self.replace(PATH, '(TillRequest)', '(Other)')
                found = [finding for finding in self.found() if words in finding.message]
                self.assert_finds(found, PATH, line, 'or allow it in proto/allowed-breaks.txt')

    def test_a_number_that_is_reserved_may_go(self):
        self.replace(PATH, '  int64 sum_kopecks = 2;\n', '  reserved 2;\n')
        self.assertEqual(self.found(), [])

    def test_a_break_is_allowed_by_a_line_with_a_reason_until_the_base_has_it(self):
        self.replace(PATH, 'int64 sum_kopecks', 'string sum_kopecks')
        self.write(protos.ALLOWED, '# NAME why\nnova.v1.Till nothing was ever written with it\n')
        self.assertEqual(self.found(), [])
        self.write(protos.ALLOWED, 'nova.v1.Till.sum_kopecks\n')
        self.assert_finds(self.found(), protos.ALLOWED, 1, 'does not say why')
        self.write(protos.ALLOWED, 'nova.v1.Till.sum_kopecks nothing was written\n')
        self.commit()
        self.git('branch', '-f', 'main', 'HEAD')
        self.commit()
        self.assert_finds(self.found(), protos.ALLOWED, 1, 'take this line out')

    def test_names_and_comments(self):
        for old, new, line, words in (
            ('message Till {', 'message till_message {', 5, 'CamelCase'),
            ('string id = 1;\n  int', 'string Id = 1;\n  int', 7, 'snake_case'),
            ('OPEN = 1', 'open = 1', 15, 'UPPER_CASE'),
            ('// What a till says.\n', '\n', 5, 'has no comment'),
            ('// How it is.\n', '\n', 13, 'has no comment'),
            ('STATE_UNSPECIFIED', 'SHUT', 13, 'first value'),
        ):
            with self.subTest(new):
                self.write(PATH, SOUND.replace(old, new).replace('returns (Till)', 'returns (TillRequest)'))
                found = [finding for finding in self.found() if words in finding.message]
                self.assert_finds(found, PATH, line)
