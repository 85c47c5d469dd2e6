#include "kassaflow/fiscal/marking.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kassaflow::fiscal {
namespace {

using namespace std::string_literals;

const std::string kShoe =
    "010460043993125621JgXJ5.T-9m3xA\x1D"
    "93dGVz";
const std::string kMedicine =
    "010460043993125621JgXJ5.T-9m3xA\x1D"
    "91EE06\x1D"
    "92YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY3ODk=";

struct Case {
  const char* what;
  std::string posted, code;
};

TEST(MarkingCode, IsTheCodeAsScanned) {
  for (const auto& [what, posted, code] : std::vector<Case>{
           {"as scanned", kShoe, kShoe},
           {"three elements", kMedicine, kMedicine},
           {"weight after the serial",
            "010460043993125621abcdef\x1D"
            "3103000350\x1D"
            "93dGVz",
            "010460043993125621abcdef\x1D"
            "3103000350\x1D"
            "93dGVz"},
           {"fixed length needs no separator",
            "010460043993125621abcdef\x1D"
            "310300035093dGVz",
            "010460043993125621abcdef\x1D"
            "310300035093dGVz"},
           {"brackets and percents are part of a serial",
            "010460043993125621hQ7!kR2(Zp&1b\x1D"
            "93A%1D",
            "010460043993125621hQ7!kR2(Zp&1b\x1D"
            "93A%1D"},
           {"without its check", "010460043993125621JgXJ5.T-9m3xA", "010460043993125621JgXJ5.T-9m3xA"},
           {"trailing blank", kShoe + " ", kShoe},
           {"line breaks, tabs and marks around", "\t\uFEFF" + kShoe + "\r\n\u00A0", kShoe},
           {"DataMatrix prefix", "]d2" + kShoe, kShoe},
           {"GS1-128 prefix", "]C1" + kShoe, kShoe},
           {"QR prefix, blank, leading FNC1", "]Q3 \x1D" + kShoe, kShoe},
           {"leading and trailing separator", "\x1D" + kShoe + "\x1D", kShoe},
           {"brackets", "(01)04600439931256(21)JgXJ5.T-9m3xA(93)dGVz", kShoe},
           {"brackets with blanks", "(01) 04600439931256 (21) JgXJ5.T-9m3xA (93) dGVz", kShoe},
           {"brackets and separators", "(01)04600439931256(21)JgXJ5.T-9m3xA\x1D(93)dGVz", kShoe},
           {"brackets from the serial on", "0104600439931256(21)JgXJ5.T-9m3xA(93)dGVz", kShoe},
           {"brackets behind a prefix", "]d2(01)04600439931256(21)JgXJ5.T-9m3xA(93)dGVz", kShoe},
           {"a bracket within a bracketed serial", "(01)04600439931256(21)hQ7!kR2(Zp&1b(93)AbCd",
            "010460043993125621hQ7!kR2(Zp&1b\x1D"
            "93AbCd"},
           {"brackets of fixed length", "(01)04600439931256(21)abcdef(3103)000350(93)dGVz",
            "010460043993125621abcdef\x1D"
            "310300035093dGVz"},
           {"as JSON writes it", "0104680046264732\\u001d215l>VEUc\\u001d93Is54",
            "0104680046264732\x1D"
            "215l>VEUc\x1D"
            "93Is54"},
           {"through HTML",
            "0104680046264732215l&gt;V&amp;&quot;U&#039;\x1D"
            "93Is54",
            "0104680046264732215l>V&\"U'\x1D"
            "93Is54"},
           {"tobacco pack", "00000046198488X?io+qCABm8wAYa", "00000046198488X?io+qCABm8wAYa"},
           {"tobacco pack without its check", "00000046198488X?io+qCABm8", "00000046198488X?io+qCABm8"},
           {"EAN-13", "4600439931256", "4600439931256"},
           {"EAN-8", "46198488", "46198488"},
           {"ITF-14", "04600439931256", "04600439931256"},
           {"fur", " RU-430302-ABC1234567", "RU-430302-ABC1234567"},
           {"alcohol, PDF417", "22N0000154NUCPRZ3R8381461004001003499NKAQ0ZBHVDNLNH2UZXV0K8AWJKJLU9X",
            "22N0000154NUCPRZ3R8381461004001003499NKAQ0ZBHVDNLNH2UZXV0K8AWJKJLU9X"},
           {"alcohol, DataMatrix", "13622200005881" + std::string(136, 'A'), "13622200005881" + std::string(136, 'A')},
       }) {
    const auto read = marking_code(posted);
    ASSERT_TRUE(read) << what << ": " << read.error().message;
    EXPECT_EQ(*read, code) << what;
    EXPECT_EQ(*marking_code(*read), *read) << what;
  }
}

TEST(MarkingCode, ReadsEveryWayToWriteASeparator) {
  for (const char* written : {"<GS>", "<gs>", "[GS]", "{GS}", "(GS)", "<FNC1>", "\\u001d", "\\u001D", "\\x1d", "\\x1D",
                              "\\035", "<0x1D>", "_x001D_", "&#29;", "&#x1D;", "␝", "↔", "%1D", "%1d"}) {
    const auto read = marking_code("010460043993125621JgXJ5.T-9m3xA"s + written + "93dGVz");
    ASSERT_TRUE(read) << written << ": " << read.error().message;
    EXPECT_EQ(*read, kShoe) << written;
  }
}

TEST(MarkingCode, RefusesWhatCannotBeOneAndSaysWhy) {
  struct Refusal {
    const char* what;
    std::string posted;
    ErrorCode code;
    const char* text;
  };
  for (const auto& [what, posted, code, text] : std::vector<Refusal>{
           {"Russian keyboard",
            "010460043993125621ОпЧО5юЕ-9ь3чФ\x1D"
            "93вПМя",
            kMarkingCharacters, "русские буквы"},
           {"Russian keyboard, one letter", "010460043993125621JgXJ5.T-9m3xА", kMarkingCharacters, "русские буквы"},
           {"base64", "MDEwNDYyMDA3MDIzMDcyMSgyMSk1c3JsJ1VmWFg=", kMarkingBase64, "base64"},
           {"blank inside", "0104600439931256 21JgXJ5.T-9m3xA", kMarkingCharacters, "пробел"},
           {"line break inside", "010460043993125621JgXJ5\n.T-9m3xA", kMarkingCharacters, "недопустимые символы"},
           {"another separator",
            "010460043993125621JgXJ5.T-9m3xA\x1E"
            "93dGVz",
            kMarkingCharacters, "недопустимые"},
           {"broken bytes", "010460043993125621JgXJ5\xFF", kMarkingCharacters, "недопустимые символы"},
           {"check digit", "010462007023072121JgXJ5.T-9m3xA", kMarkingGs1, "контрольная цифра GTIN 04620070230721"},
           {"check digit in brackets", "(01)04620070230721(21)5srl'UfXX(93)dGVz", kMarkingGs1, "контрольная цифра"},
           {"lost separators", "010460043993125621JgXJ5.T-9m3xA91EE0692YWJjZGVm", kMarkingGs1, "разделителей GS"},
           {"a stand-in for separators", "010460043993125621JgXJ5.T-9m3xA~93dGVz", kMarkingGs1, "символы"},
           {"no serial", "0104600439931256", kMarkingGs1, "серийного номера"},
           {"serial of nothing", "010460043993125621", kMarkingGs1, "обрезан"},
           {"cut after the GTIN", "01046004399312562", kMarkingGs1, "обрезан"},
           {"short GTIN", "01046004399", kMarkingGs1, "GTIN из 14 цифр"},
           {"no AI after a separator", "010460043993125621JgXJ5.T-9m3xA\x1DxxdGVz", kMarkingGs1, "лишнее"},
           {"scanned twice", kShoe + kShoe, kMarkingGs1, "повторяется"},
           {"two codes", kShoe + "," + kShoe, kMarkingGs1, "повторяется"},
           {"more elements than goods have",
            "010460043993125621a\x1D"
            "22a\x1D"
            "23a\x1D"
            "24a\x1D"
            "25a\x1D"
            "26a\x1D"
            "27a\x1D"
            "28a\x1D"
            "29a\x1D"
            "90a\x1D"
            "91a\x1D"
            "92a\x1D"
            "93a",
            kMarkingGs1, "лишнее"},
           {"EAN with a wrong check digit", "4600439931257", kMarkingCheckDigit, "контрольная цифра кода"},
           {"words", "KM-1", kMarkingForm, "не код маркировки"},
           {"nothing but blanks", " \r\n", kMarkingEmpty, "пуст"},
           {"SSCC of a pallet", "00046004399312560001", kMarkingForm, "не код маркировки"},
       }) {
    const auto read = marking_code(posted);
    ASSERT_FALSE(read) << what << ": " << *read;
    EXPECT_EQ(read.error().code, code) << what;
    EXPECT_NE(read.error().message.find(text), std::string::npos) << what << ": " << read.error().message;
  }
}

TEST(MarkingCode, OfAnyLengthIsRefusedAtOnce) {
  for (const char* piece : {"(", "&", "(01)", " ", "<GS>"}) {
    std::string posted;
    while (posted.size() < 4'000'000) posted += piece;
    EXPECT_EQ(marking_code(posted).error().code, kMarkingForm) << piece;
  }
}

TEST(MarkingCode, IsPrintableWhateverIsPosted) {
  for (int byte = 0; byte < 256; ++byte) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{20}, kShoe.size()}) {
      std::string posted = kShoe;
      posted.insert(at, 1, static_cast<char>(byte));
      const auto read = marking_code(posted);
      if (!read) continue;
      for (const char c : *read) EXPECT_TRUE((c > ' ' && c <= '~') || c == '\x1D') << byte << " at " << at;
    }
  }
}

std::string product(std::string_view gtin_bytes, std::string_view serial) {
  return "DM" + std::string(gtin_bytes) + std::string(serial);
}

const std::string kGtinBytes = "\x04/\x1F\x96\x81x";  // 04600439931256

TEST(ProductCode, AgreesWithTheCodeOrIsMadeFromIt) {
  struct Pair {
    const char* what;
    std::string posted, product, expected;
  };
  const std::string short_code =
      "010460043993125621abcdef\x1D"
      "93dGVz";
  const std::string escaped = "010460043993125621abcdef\\u001d93dGVz";
  for (const auto& [what, posted, sent, expected] : std::vector<Pair>{
           {"none", kShoe, "", ""},
           {"the same", kShoe, product(kGtinBytes, "JgXJ5.T-9m3xA"), product(kGtinBytes, "JgXJ5.T-9m3xA")},
           {"thirteen places of a shorter serial", short_code,
            product(kGtinBytes,
                    "abcdef\x1D"
                    "93dGVz"),
            product(kGtinBytes, "abcdef")},
           {"cut out of a written separator", escaped, product(kGtinBytes, "abcdef\\u001d9"),
            product(kGtinBytes, "abcdef")},
           {"thirteen places of a longer serial", "010460043993125621abcdefghijklmnopqrst",
            product(kGtinBytes, "abcdefghijklm"), product(kGtinBytes, "abcdefghijklmnopqrst")},
           {"cut out of a tobacco pack", "00000046198488X?io+qCABm8wAYa", product("123456", "+qCABm8wAYa"),
            "DM\0\0\x02\xC0\xEE\xD8X?io+qC"s},
           {"cut out of a fur code", "RU-430302-ABC1234567", product("123456", "67"), ""},
       }) {
    const auto code = marking_code(posted);
    ASSERT_TRUE(code) << what;
    const auto made = product_code_of(*code, posted, sent);
    ASSERT_TRUE(made) << what << ": " << made.error().message;
    EXPECT_EQ(*made, expected) << what;
  }
}

TEST(ProductCode, RefusesWhatContradictsTheCode) {
  struct Pair {
    const char *what, *posted;
    std::string product;
  };
  for (const auto& [what, posted, sent] : std::vector<Pair>{
           {"other GTIN", kShoe.c_str(), product("\x04/\x1F\x96\x81y", "JgXJ5.T-9m3xA")},
           {"other serial", kShoe.c_str(), product(kGtinBytes, "JgXJ5.T-9m3xB")},
           {"serial cut short", kShoe.c_str(), product(kGtinBytes, "JgX")},
           {"no serial", kShoe.c_str(), product(kGtinBytes, "")},
           {"cut short", kShoe.c_str(), "DM"},
           {"another type", kShoe.c_str(), "RF" + kGtinBytes + "JgXJ5.T-9m3xA"},
           {"cut out of brackets", "(01)04600439931256(21)JgXJ5.T-9m3xA", product("\0\0>[\xC1~"s, "1256(21)JgXJ5")},
           {"tobacco, other GTIN", "00000046198488X?io+qCABm8wAYa", product(kGtinBytes, "X?io+qC")},
       }) {
    const auto made = product_code_of(*marking_code(posted), posted, sent);
    ASSERT_FALSE(made) << what;
    EXPECT_EQ(made.error().code, kMarkingContradiction) << what;
  }
}

TEST(ProductCode, AloneItHoldsAGtin) {
  EXPECT_TRUE(check_product_code(product(kGtinBytes, "JgXJ5.T-9m3xA")));
  EXPECT_TRUE(check_product_code("\x45\x08" + kGtinBytes));
  for (const std::string& broken : {"DM"s, product("\0\0>[\xC1~"s, "0721"), product(kGtinBytes, ""),
                                    product(kGtinBytes, "a\x01"), product("\xFF\xFF\xFF\xFF\xFF\xFF", "abc")}) {
    EXPECT_FALSE(check_product_code(broken));
  }
}

}  // namespace
}  // namespace kassaflow::fiscal
