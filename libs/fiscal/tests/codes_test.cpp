#include "kassaflow/fiscal/codes.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "kassaflow/fiscal/measure.hpp"
#include "kassaflow/fiscal/vat.hpp"

namespace kassaflow::fiscal {
namespace {

std::set<int> codes_of(const std::function<bool(int)>& known) {
  std::set<int> codes;
  for (int candidate = -300; candidate <= 600; ++candidate) {
    if (known(candidate)) codes.insert(candidate);
  }
  return codes;
}

std::set<int> range(int first, int last) {
  std::set<int> codes;
  for (int value = first; value <= last; ++value) codes.insert(value);
  return codes;
}

TEST(Codes, OnlyThoseOfTheLawAreKnown) {
  std::set<int> subjects = range(1, 27);
  subjects.merge(range(30, 33));
  EXPECT_EQ(codes_of([](int c) { return settlement_type_from_code(c).has_value(); }), range(1, 4));
  EXPECT_EQ(codes_of([](int c) { return taxation_from_code(c).has_value(); }), (std::set{1, 2, 4, 16, 32}));
  EXPECT_EQ(codes_of([](int c) { return vat_from_code(c).has_value(); }), range(1, 12));
  EXPECT_EQ(codes_of([](int c) { return payment_method_from_code(c).has_value(); }), range(1, 7));
  EXPECT_EQ(codes_of([](int c) { return subject_from_code(c).has_value(); }), subjects);
  EXPECT_EQ(codes_of([](int c) { return ffd_from_code(c).has_value(); }), (std::set{2, 4}));
}

TEST(Codes, KeepTheirNumber) {
  for (int number = 1; number <= 33; ++number) {
    if (const auto subject = subject_from_code(number)) EXPECT_EQ(code(*subject), number);
    if (const auto vat = vat_from_code(number)) EXPECT_EQ(code(*vat), number);
  }
}

TEST(Subjects, DependOnTheFormat) {
  std::set<int> in_1_05 = range(1, 26), in_1_2 = range(1, 27);
  in_1_2.erase(12);
  in_1_2.merge(range(30, 33));
  const auto allowed_in = [](Ffd ffd) {
    return codes_of([ffd](int c) { return c >= 0 && c < 256 && allowed(static_cast<PaymentSubject>(c), ffd); });
  };
  EXPECT_EQ(allowed_in(Ffd::v1_05), in_1_05);
  EXPECT_EQ(allowed_in(Ffd::v1_2), in_1_2);
}

TEST(Subjects, MarkedOnesHaveOlderNames) {
  struct Case {
    PaymentSubject subject, in_1_05;
  };
  for (const auto& [subject, in_1_05] :
       {Case{PaymentSubject::marked_excise_without_code, PaymentSubject::excise},
        Case{PaymentSubject::marked_excise, PaymentSubject::excise},
        Case{PaymentSubject::marked_without_code, PaymentSubject::commodity},
        Case{PaymentSubject::marked, PaymentSubject::commodity}, Case{PaymentSubject::service, PaymentSubject::service},
        Case{PaymentSubject::payment, PaymentSubject::payment}}) {
    EXPECT_EQ(payment_subject_for(subject, Ffd::v1_05), in_1_05);
    EXPECT_EQ(payment_subject_for(subject, Ffd::v1_2), subject);
  }
}

TEST(Subjects, OnlyTwoGoWithACode) {
  EXPECT_EQ(codes_of([](int c) { return c >= 0 && c < 256 && is_coded(static_cast<PaymentSubject>(c)); }),
            (std::set{31, 33}));
}

TEST(VatRates, FollowTheTable) {
  struct Case {
    const char* word;
    Vat vat, in_prepayment;
    std::int64_t tax_of_1000_rubles;
    const char *russian, *russian_in_prepayment;
  };
  for (const auto& row : {
           Case{"none", Vat::none, Vat::none, 0, "без НДС", "без НДС"},
           Case{"0", Vat::vat_0, Vat::vat_0, 0, "НДС 0%", "НДС 0%"},
           Case{"5", Vat::vat_5, Vat::vat_5_105, 4762, "НДС 5%", "НДС 5/105"},
           Case{"7", Vat::vat_7, Vat::vat_7_107, 6542, "НДС 7%", "НДС 7/107"},
           Case{"10", Vat::vat_10, Vat::vat_10_110, 9091, "НДС 10%", "НДС 10/110"},
           Case{"20", Vat::vat_20, Vat::vat_20_120, 16667, "НДС 20%", "НДС 20/120"},
           Case{"22", Vat::vat_22, Vat::vat_22_122, 18033, "НДС 22%", "НДС 22/122"},
       }) {
    const auto parsed = parse_vat(row.word);
    ASSERT_TRUE(parsed) << row.word;
    EXPECT_EQ(*parsed, row.vat) << row.word;
    EXPECT_EQ(calculated(row.vat), row.in_prepayment) << row.word;
    EXPECT_EQ(calculated(row.in_prepayment), row.in_prepayment) << row.word;
    EXPECT_FALSE(is_calculated(row.vat)) << row.word;
    EXPECT_EQ(is_calculated(row.in_prepayment), row.in_prepayment != row.vat) << row.word;
    EXPECT_EQ(vat_amount(Kopecks(100'000), row.vat).value(), row.tax_of_1000_rubles) << row.word;
    EXPECT_EQ(vat_amount(Kopecks(100'000), row.in_prepayment).value(), row.tax_of_1000_rubles) << row.word;
    EXPECT_EQ(russian_name(row.vat), row.russian);
    EXPECT_EQ(russian_name(row.in_prepayment), row.russian_in_prepayment);
  }
}

TEST(VatRates, OtherWordsAreRefused) {
  for (const char* word : {"", "18", "20%", "NONE", " 20", "22/122", "5.0"}) {
    const auto parsed = parse_vat(word);
    ASSERT_FALSE(parsed) << word;
    EXPECT_EQ(parsed.error().code, kVatUnknown);
  }
}

TEST(VatRates, TaxIsRoundedHalfUp) {
  EXPECT_EQ(vat_amount(Kopecks(22500), Vat::vat_22).value(), 4057);  // bitrix24.md §13.3
  EXPECT_EQ(vat_amount(Kopecks(3), Vat::vat_20).value(), 1);         // 0.5 kopecks
}

TEST(Measures, FollowTheOkeiTable) {
  struct Case {
    const char* okei;
    int tag;
  };
  for (const auto& [okei, tag] :
       {Case{"796", 0},   Case{"163", 10},  Case{"166", 11}, Case{"168", 12},  Case{"4", 20},    Case{"5", 21},
        Case{"6", 22},    Case{"51", 30},   Case{"53", 31},  Case{"55", 32},   Case{"111", 40},  Case{"112", 41},
        Case{"113", 42},  Case{"245", 50},  Case{"233", 51}, Case{"359", 70},  Case{"356", 71},  Case{"355", 72},
        Case{"354", 73},  Case{"256", 80},  Case{"257", 81}, Case{"2553", 82}, Case{"2554", 83}, Case{"006", 22},
        Case{"0796", 0},  Case{"778", 255}, Case{"0", 255},  Case{"000", 255}, Case{"шт", 255},  Case{"79", 255},
        Case{"7960", 255}}) {
    EXPECT_EQ(measure_from_okei(okei), tag) << okei;
  }
  EXPECT_EQ(measure_from_okei(""), std::nullopt);
}

TEST(Measures, OnlyThoseOfTheLawAreKnown) {
  EXPECT_EQ(codes_of([](int c) { return is_measure(c); }),
            (std::set{0, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 70, 71, 72, 73, 80, 81, 82, 83, 255}));
}

}  // namespace
}  // namespace kassaflow::fiscal
