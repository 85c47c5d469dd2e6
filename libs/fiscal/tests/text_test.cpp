#include "kassaflow/fiscal/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace kassaflow::fiscal {
namespace {

TEST(Normalise, LeavesWhatARegisterCanPrint) {
  struct Case {
    std::string_view text, expected;
  };
  for (const auto& [text, expected] : {
           Case{"Чай «Ассам» 100 г", "Чай \"Ассам\" 100 г"},
           Case{"„кавычки“ и ”ещё“", "\"кавычки\" и \"ещё\""},
           Case{"2–3 — 4", "2-3 - 4"},
           Case{"и так далее…", "и так далее..."},
           Case{"1\u00A0000 руб.", "1 000 руб."},
           Case{"Дом № 5, Ёлка, ёж", "Дом № 5, Ёлка, ёж"},
           Case{"Кофе 😀 5 €", "Кофе ? 5 ?"},
           Case{"漢字", "??"},
           Case{"a\x01\x1D\x7F"
                "b",
                "ab"},
           Case{"строка\nвторая\tтретья", "строка вторая третья"},
           Case{"О’Нил − 10×15 м²", "О'Нил - 10x15 м2"},
           Case{"Чаи\u0306 зеле\u0308ный", "Чай зелёный"},
           Case{"a\u0306", "a"},
           Case{"L'Oréal Crème, Ångström, Škoda, naïve", "L'Oreal Creme, Angstrom, Skoda, naive"},
           Case{"Løvenskiold Łódź Straße Æther ı", "Lovenskiold Lodz Strasse AEther i"},
           Case{"Cafe\u0301 и ударе\u0301ние", "Cafe и ударение"},
           Case{"Әйел қазақ ңәрсе Київ і", "Айел казак нарсе Київ i"},
           Case{"У\u0306зўб, і\u0308", "Ўзўб, ї"},
           Case{"Бренд™ № 1® ﬁlter Ⅷ ½ ①", "Бренд(TM) № 1(R) filter VIII 1/2 1"},
           Case{"10 µm, 5 кΩ, 20 ℃, 36 ₽", "10 um, 5 кОм, 20 °C, 36 руб."},
           Case{"\u0301", ""},
           Case{"é漢\xD0", "e?"},
           Case{"пере\u00ADнос\u200B\uFEFF", "перенос"},
           Case{"°·√■ ЇїЎўЄє", "°·√■ ЇїЎўЄє"},
           Case{"два  пробела", "два  пробела"},
           Case{"крупнолис\uFFFD", "крупнолис"},
           Case{"\xD0", "?"},
           Case{"a\xFF\xFE"
                "b",
                "a??b"},
           Case{"\xC0\xAF", "??"},
           Case{"\xED\xA0\x80", "???"},
           Case{"", ""},
       }) {
    EXPECT_EQ(normalise(text), expected);
    EXPECT_TRUE(is_printable(expected)) << expected;
    EXPECT_EQ(normalise(expected), expected);
  }
}

TEST(IsPrintable, RefusesWhatNormaliseWouldChange) {
  for (const char* text : {"«", "—", "\u00A0", "\n", "\x7F", "€", "\xD0", "I\u0306"})
    EXPECT_FALSE(is_printable(text)) << text;
}

TEST(IsUtf8, FollowsTheStandard) {
  for (std::string_view text : {"", "abc", "Ё", "€", "😀", "\xF4\x8F\xBF\xBF"}) EXPECT_TRUE(is_utf8(text)) << text;
  for (std::string_view text :
       {"\x80", "\xD0", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xE2\x28\xA1", "a\xFF"}) {
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(Windows1251, BecomesUtf8) {
  struct Case {
    std::string_view bytes, expected;
  };
  for (const auto& [bytes, expected] :
       {Case{"\xD7\xE0\xE9 \xAB\xC0\xF1\xF1\xE0\xEC\xBB", "Чай «Ассам»"}, Case{"\xA8\xB8\xB9", "Ёё№"},
        Case{"\x80\x88\x98\xA0\xAD\xBF", "Ђ€\uFFFD\u00A0\u00ADї"}, Case{"\xC0\xDF\xE0\xFF", "АЯая"},
        Case{"plain", "plain"}}) {
    EXPECT_EQ(from_windows_1251(bytes), expected);
  }
}

TEST(Windows1251, EveryByteBecomesOneCharacter) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string utf8 = from_windows_1251(std::string(1, static_cast<char>(byte)));
    EXPECT_TRUE(is_utf8(utf8)) << byte;
    EXPECT_EQ(characters(utf8), 1u) << byte;
  }
}

// A letter is told from its marks also where somebody has put thousands of them on it.
TEST(Normalise, MarksWithoutNumberChangeNothing) {
  std::string marks;
  for (int i = 0; i < 5000; ++i) marks += "\u0323\u0301";
  EXPECT_EQ(normalise("и\u0306" + marks + "е\u0308" + marks + "!"), "йё!");
  EXPECT_EQ(normalise(marks + "Чай" + marks), "Чай");
}

TEST(Cut, CountsCharactersNotBytes) {
  EXPECT_EQ(cut("Ёлка", 2), "Ёл");
  EXPECT_EQ(cut("Ёлка", 0), "");
  EXPECT_EQ(cut("Ёлка", 9), "Ёлка");
  EXPECT_EQ(characters("Ёлка 😀"), 6u);
  EXPECT_EQ(characters("\xD0\xD0"), 2u);
}

TEST(ReceiptText, ReadsWhatHtmlMadeOfIt) {
  struct Case {
    std::string_view text, expected;
  };
  for (const auto& [text, expected] : {
           Case{"MacBook Pro 15&#039;&#039; &quot;Retina&quot; &amp; чехол", "MacBook Pro 15'' \"Retina\" & чехол"},
           Case{"&laquo;Чай&raquo;&nbsp;&ndash;&#160;5&#x20;&eacute;&#150;", "\"Чай\" - 5 e-"},
           Case{"&amp;quot;Чай&amp;quot; &amp;amp;amp; Ко", "\"Чай\" & Ко"},
           Case{"Чай<br>зелёный<BR />китайский<br/>", "Чай зелёный китайский"},
           Case{"<p class=\"x\"><b>Чай</b> </p>м<sup>2</sup>", "Чай м 2"},
           Case{"Чай&lt;br&gt;зелёный <!-- сорт --> крупный", "Чай зелёный крупный"},
           Case{"Чай <span styl", "Чай"},
           Case{"15&quot x 20&#039 и &amp;nbsp 5", "15\" x 20' и 5"},
           Case{"Чай &laquo;Ассам&raq", "Чай \"Ассам"},
           Case{"Чай 15&#3", "Чай 15"},
           Case{"H&M, R&D", "H&M, R&D"},
           Case{"A&B, Q&A; AT&T", "A&B, Q&A; AT&T"},
           Case{"&unknown; &#0; &#xD800; &#99999999; &", "&unknown; &#0; &#xD800; &#99999999; &"},
           Case{"5 < 6, a<b, <M8> и <L>", "5 < 6, a<b, <M8> и <L>"},
           Case{"два  пробела \n три", "два пробела три"},
       }) {
    EXPECT_EQ(receipt_text(text, 128), expected);
    EXPECT_EQ(receipt_text(expected, 128), expected);
  }
}

TEST(ReceiptText, ReadsNoMoreThanItPrints) {
  for (const auto& [piece, expected] :
       {std::pair("é", std::string(128, 'e')), {"<b", "<b"}, {"<b>", ""}, {"&amp;", std::string(128, '&')}}) {
    std::string text;
    while (text.size() < 4'000'000) text += piece;
    EXPECT_TRUE(receipt_text(text, 128).starts_with(expected)) << piece;
  }
}

TEST(ReceiptText, IsTheBeginningOfAllThatItWouldBe) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += i % 7 == 0 ? "\u00A0\u3000 " : i % 3 == 0 ? "ǅ…" : "é\u0301Чай™";
  std::string all = normalise(text);
  all.erase(std::ranges::unique(all, [](char a, char b) { return a == ' ' && b == ' '; }).begin(), all.end());
  for (const std::size_t limit : {1U, 2U, 64U, 128U, 256U}) {
    EXPECT_EQ(receipt_text(text, limit), trim(cut(trim(all), limit))) << limit;
  }
}

TEST(ReceiptText, CountsAfterNormalising) {
  EXPECT_EQ(receipt_text("  «Чай»  ", 128), "\"Чай\"");
  EXPECT_EQ(receipt_text("ab…cd", 4), "ab..");
  EXPECT_EQ(receipt_text("ab cd", 3), "ab");
  EXPECT_EQ(receipt_text("\u00A0\n ", 128), "");
  std::string name;
  for (int i = 0; i < 200; ++i) name += "Ж";
  EXPECT_EQ(characters(receipt_text(name, 128)), 128u);
}

}  // namespace
}  // namespace kassaflow::fiscal
