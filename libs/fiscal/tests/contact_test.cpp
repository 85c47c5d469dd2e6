#include "kassaflow/fiscal/contact.hpp"

#include <gtest/gtest.h>

#include <string>

#include "kassaflow/fiscal/inn.hpp"

namespace kassaflow::fiscal {
namespace {

TEST(Phone, IsBroughtToOneForm) {
  struct Case {
    const char *typed, *expected;
  };
  for (const auto& [typed, expected] : {
           Case{"+7 (900) 123-45-67", "+79001234567"},
           Case{"89001234567", "+79001234567"},
           Case{"8 (495) 123-45-67", "+74951234567"},
           Case{"79001234567", "+79001234567"},
           Case{"9001234567", "+79001234567"},
           Case{"+8 900 123 45 67", "+79001234567"},
           Case{"8.900.123.45.67", "+79001234567"},
           Case{" +7\u00A0900\u00A0123‑45‑67 ", "+79001234567"},
           Case{"8 495 123-45-67 доб. 12", "+74951234567"},
           Case{"89001234567, 89007654321", "+79001234567"},
           Case{"+375 29 123-45-67", "+375291234567"},
           Case{"+81 90 1234 5678", "+819012345678"},
           Case{"+84 912 345 678", "+84912345678"},
       }) {
    const auto phone = normalise_phone(typed);
    EXPECT_EQ(phone, expected) << typed;
    EXPECT_TRUE(is_phone(*phone)) << typed;
  }
}

TEST(Phone, IsNotGuessed) {
  for (const char* typed : {"", "+", "нет", "123", "1234567", "900123456", "375291234567", "+900123456",
                            "8900123456789", "+1234567890123456", "+7 8 900 123-45-67", "+7 900 123-45-678",
                            "+7 (000) 000-00-00", "80000000000", "1234567890", "5555555555"}) {
    EXPECT_EQ(normalise_phone(typed), std::nullopt) << typed;
  }
}

TEST(Phone, HasAPlusAndDigitsOnly) {
  for (const char* text : {"", "+", "79001234567", "+7900123456", "+7 9001234567", "+1234567890123456"})
    EXPECT_FALSE(is_phone(text)) << text;
  EXPECT_TRUE(is_phone("+79001234567"));
  EXPECT_TRUE(is_phone("+123456789012345"));
}

TEST(Email, IsRecognised) {
  for (const char* text : {"a@b.ru", "ivan.petrov+tag@mail.example.ru"}) EXPECT_TRUE(is_email(text)) << text;
  for (const char* text : {"", "@", "a@", "@b.ru", "a@b", "a@@b.ru", "a b@c.ru", "a@b..ru", "a@.ru", "a@b.",
                           "почта@пример.рф", "a@b.ru,c@d.ru", "a\n@b.ru"}) {
    EXPECT_FALSE(is_email(text)) << text;
  }
  EXPECT_TRUE(is_email(std::string(59, 'a') + "@b.ru"));
  EXPECT_FALSE(is_email(std::string(60, 'a') + "@b.ru"));
}

TEST(Email, OfAnyDomainIsWrittenInAscii) {
  struct Case {
    const char *typed, *expected;
  };
  for (const auto& [typed, expected] : {
           Case{"test@сайт.рф", "test@xn--80aswg.xn--p1ai"},
           Case{" Test@Почта.Сайт.РФ\n", "Test@xn--80a1acny.xn--80aswg.xn--p1ai"},
           Case{"a@bücher.example", "a@xn--bcher-kva.example"},
           Case{"a@bu\u0308cher.example", "a@xn--bcher-kva.example"},
           Case{"a@例え.jp", "a@xn--r8jz45g.jp"},
           Case{"a@xn--80aswg.xn--p1ai", "a@xn--80aswg.xn--p1ai"},
       }) {
    EXPECT_EQ(normalise_email(typed), expected) << typed;
  }
  for (const char* typed :
       {"почта@сайт.рф", "\u0430dmin@example.ru", "a@сайт", "a@сайт..рф", "a@.рф", "a@са йт.рф", "a@сайт.рф, b@сайт.рф",
        "a@«сайт».рф", "@сайт.рф", "a@сайт\xD0.рф", "a@очень-длинное-имя-сайта-которое-не-помещается-в-реквизит.рф"}) {
    EXPECT_EQ(normalise_email(typed), std::nullopt) << typed;
  }
}

TEST(BuyerContact, TakesAnAddressOutOfWhatCopyingLeavesAroundIt) {
  for (const char* typed :
       {"ivan@example.ru", " ivan@example.ru\n", "\u00A0ivan@example.ru\u200B", "\tivan@example.ru\r"})
    EXPECT_EQ(buyer_contact(typed, ""), "ivan@example.ru") << typed;
  for (const char* typed : {"iv\u200Ban@example.ru", "o’neil@example.ru", "ivan@example.ru petr@example.ru"})
    EXPECT_EQ(buyer_contact(typed, ""), "") << typed;
}

TEST(BuyerContact, PrefersTheEmail) {
  EXPECT_EQ(buyer_contact(" ivan@example.ru ", "89001234567"), "ivan@example.ru");
  EXPECT_EQ(buyer_contact("ivan", "89001234567"), "+79001234567");
  EXPECT_EQ(buyer_contact("", ""), "");
}

TEST(Inn, HasTenOrTwelveDigits) {
  for (const char* text : {"7701234567", "000000000000"}) EXPECT_TRUE(is_inn(text)) << text;
  for (const char* text : {"", "770123456", "77012345678", "770123456a", "7701234567890"})
    EXPECT_FALSE(is_inn(text)) << text;
}

TEST(Inn, ControlDigitsAreChecked) {
  for (const char* text : {"7707083893", "7830002293", "500100732259"}) EXPECT_TRUE(inn_checksum_holds(text)) << text;
  for (const char* text : {"7707083894", "7701234567", "500100732269", "500100732258", "77070838", ""})
    EXPECT_FALSE(inn_checksum_holds(text)) << text;
}

}  // namespace
}  // namespace kassaflow::fiscal
