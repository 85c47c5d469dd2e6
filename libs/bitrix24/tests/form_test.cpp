#include "kassaflow/bitrix24/form.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace kassaflow::bitrix24 {
namespace {

using namespace std::string_view_literals;

Form parsed(std::string_view body) {
  auto form = Form::parse(body);
  EXPECT_TRUE(form.has_value()) << (form ? "" : form.error().message);
  return form ? std::move(*form) : std::move(*Form::parse(""));
}

std::optional<ErrorCode> code_of(std::string_view body, const FormLimits& limits = {}) {
  const auto form = Form::parse(body, limits);
  return form ? std::nullopt : std::optional(form.error().code);
}

// The tree as PHP's json_encode would show it, every list as an object.
std::string shown(Form::Node node) {
  if (!node.is_list()) return "'" + std::string(node.value()) + "'";
  std::string out = "{";
  for (const Form::Node child : node) {
    if (out.size() > 1) out += ",";
    out += std::string(child.key()) + ":" + shown(child);
  }
  return out + "}";
}

struct NestingCase {
  std::string_view name, body, tree;
};

class NestsAsPhpDoes : public testing::TestWithParam<NestingCase> {};

// Below cashbox_params any key is read; there it is written as `C`.
TEST_P(NestsAsPhpDoes, Tree) {
  std::string body;
  for (const char c : std::string(GetParam().body)) body += c == 'C' ? "cashbox_params" : std::string(1, c);
  std::string tree(shown(parsed(body).root()));
  for (std::size_t at; (at = tree.find("cashbox_params")) != std::string::npos;) tree.replace(at, 14, "C");
  EXPECT_EQ(tree, GetParam().tree);
}

INSTANTIATE_TEST_SUITE_P(
    Form, NestsAsPhpDoes,
    testing::Values(
        NestingCase{"Empty", "", "{}"}, NestingCase{"OnlySeparators", "&&&", "{}"},
        NestingCase{"Scalar", "type=sell", "{type:'sell'}"}, NestingCase{"NoEquals", "type", "{type:''}"},
        NestingCase{"EmptyValue", "type=", "{type:''}"}, NestingCase{"EmptyKeyIsDropped", "=x&type=1", "{type:'1'}"},
        NestingCase{"EqualsInValue", "type=b=c", "{type:'b=c'}"},
        NestingCase{"Nested", "items%5B0%5D%5Bname%5D=x&items%5B0%5D%5Bsum%5D=1", "{items:{0:{name:'x',sum:'1'}}}"},
        NestingCase{"LiteralBrackets", "C[b][c]=1", "{C:{b:{c:'1'}}}"},
        NestingCase{"LowerCaseHex", "type=%c3%a9", "{type:'é'}"},
        NestingCase{"PlusIsBlank", "type=1+2%2B3", "{type:'1 2+3'}"},
        NestingCase{"LastScalarWins", "type=1&uuid=2&type=3", "{type:'3',uuid:'2'}"},
        NestingCase{"LastNestedScalarWins", "C[x]=1&C[y]=2&C[x]=3", "{C:{x:'3',y:'2'}}"},
        NestingCase{"AppendGoesOn", "C[]=x&C[]=y", "{C:{0:'x',1:'y'}}"},
        NestingCase{"AppendAfterIndex", "C[7]=x&C[]=y", "{C:{7:'x',8:'y'}}"},
        NestingCase{"AppendMakesNewElements", "C[][n]=1&C[][n]=2", "{C:{0:{n:'1'},1:{n:'2'}}}"},
        NestingCase{"ListReplacesScalar", "C=1&C[b]=2", "{C:{b:'2'}}"},
        NestingCase{"ScalarReplacesList", "C[b]=2&C=1", "{C:'1'}"},
        NestingCase{"ThrownAwayListStaysAway", "C[b]=2&C[c]=3&C=1&C[c]=4", "{C:{c:'4'}}"},
        NestingCase{"InsertionOrder", "C[2]=x&C[0]=y&C[1]=z", "{C:{2:'x',0:'y',1:'z'}}"},
        NestingCase{"SharedPrefixInterrupted", "C[0][x]=1&uuid=2&C[0][y]=3", "{C:{0:{x:'1',y:'3'}},uuid:'2'}"},
        NestingCase{"SameKeyInAnotherParent", "C[a][x]=1&C[b][x]=2&C[a][x]=3", "{C:{a:{x:'3'},b:{x:'2'}}}"},
        NestingCase{"TextAfterBracketIgnored", "C[b]c=1", "{C:{b:'1'}}"},
        NestingCase{"UnclosedBracketIsAName", "C[a][b=1", "{C:{a:'1'}}"},
        NestingCase{"LeadingZeroIsAnotherKey", "C[00]=1&C[0]=2", "{C:{00:'1',0:'2'}}"},
        NestingCase{"BinaryCode", "items[0][nomenclature_code]=DM%00%80%26",
                    "{items:{0:{nomenclature_code:'DM\0\x80&'}}}"sv},
        NestingCase{"SupplierPhones", "items[0][supplier_info][phones][]=1&items[0][supplier_info][phones][]=2",
                    "{items:{0:{supplier_info:{phones:{0:'1',1:'2'}}}}}"}),
    [](const auto& param) { return std::string(param.param.name); });

struct NoiseCase {
  std::string_view name, pair;
};

class IgnoresWhatIsNotRead : public testing::TestWithParam<NoiseCase> {};

TEST_P(IgnoresWhatIsNotRead, WhateverItHolds) {
  const std::string pair(GetParam().pair);
  for (const std::string& body : {pair + "&type=sell&items[0][name]=%D0%A7", "type=sell&items[0][name]=%D0%A7&" + pair})
    EXPECT_EQ(shown(parsed(body).root()), "{type:'sell',items:{0:{name:'Ч'}}}");
}

const std::string kLongKey = "order[" + std::string(5000, 'k') + "]=1";

INSTANTIATE_TEST_SUITE_P(  // protocols/bitrix24.md §5.8
    Form, IgnoresWhatIsNotRead,
    testing::Values(NoiseCase{"TopLevel", "future=1"}, NoiseCase{"NulAtTop", "future=a%00b"},
                    NoiseCase{"NulInKey", "fut%00ure=1"}, NoiseCase{"BytesAtTop", "future=%FF%98"},
                    NoiseCase{"BytesInKey", "fut%FFure=1"}, NoiseCase{"Windows1251AtTop", "future=%D7%E0%E9"},
                    NoiseCase{"NotEncoded", "future=100%"}, NoiseCase{"LargeIndex", "foo[20000]=1"},
                    NoiseCase{"LongKey", kLongKey}, NoiseCase{"Deep", "future[1][2][3][4][5][6][7][8][9]=1"},
                    NoiseCase{"Order", "order[id]=5"}, NoiseCase{"DeepOrder", "order[a][b][c][d][e][f][g][h][i][j]=1"},
                    NoiseCase{"Entity", "items[0][entity][20000]=%FF"},
                    NoiseCase{"AdditionalParams", "items[0][additional_params][z][y]=2"},
                    NoiseCase{"KeyOfItem", "items[0][properties][name]=%FF"},
                    NoiseCase{"DeepKeyOfItem", "items[0][x][1][2][3][4][5][6][7][8]=1"},
                    NoiseCase{"BelowAValue", "items[0][name][x]=%FF"}, NoiseCase{"BelowTheType", "type[x]=1"},
                    NoiseCase{"KeyOfSupplier", "items[0][supplier_info][future]=%FF"},
                    NoiseCase{"BelowAPhone", "items[0][supplier_info][phones][0][x]=1"},
                    NoiseCase{"KeyOfPayment", "payments[0][entity]=%FF"}, NoiseCase{"OtherCase", "ITEMS[0][name]=%FF"},
                    NoiseCase{"LeadingBracket", "[type]=%FF"}, NoiseCase{"UnclosedBracket", "type[b=%FF"}),
    [](const auto& param) { return std::string(param.param.name); });

struct RefusalCase {
  std::string_view name, body;
  ErrorCode code;
  std::string_view place;
};

class RefusesBrokenBodies : public testing::TestWithParam<RefusalCase> {};

TEST_P(RefusesBrokenBodies, NamingThePlace) {
  const auto form = Form::parse(GetParam().body);
  ASSERT_FALSE(form.has_value());
  EXPECT_EQ(form.error().code, GetParam().code);
  EXPECT_NE(form.error().message.find(GetParam().place), std::string::npos) << form.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Form, RefusesBrokenBodies,
    testing::Values(
        RefusalCase{"NotHex", "items%5B0%5D=%zz", kFormEncoding, "пара 1, поле «items[0]», байт 13"},
        RefusalCase{"HalfHex", "type=1&uuid=%4g", kFormEncoding, "пара 2, поле «uuid», байт 12"},
        RefusalCase{"CutAfterPercent", "type=%", kFormEncoding, "пара 1, поле «type»"},
        RefusalCase{"CutAfterOneDigit", "type=%4", kFormEncoding, "пара 1, поле «type»"},
        RefusalCase{"CutByNextPair", "type=%4&uuid=1", kFormEncoding, "пара 1, поле «type»"},
        RefusalCase{"PercentInKey", "ty%5=1", kFormEncoding, "пара 1, поле «ty%5»"},
        RefusalCase{"NulInName", "x=1&items[0][name]=a%00b", kFormNul, "пара 2, поле «items[0][name]»"},
        RefusalCase{"NulAtTop", "type=se%00ll", kFormNul, "пара 1, поле «type»"},
        RefusalCase{"TooDeep", "cashbox_params[1][2][3][4][5][6][7][8]=1", kFormDepth,
                    "пара 1, поле «cashbox_params[1][2][3][4][5][6][7][8]»"},
        RefusalCase{"IndexTooLarge", "items[10001][name]=x", kFormIndex, "пара 1, поле «items[10001][name]»"},
        RefusalCase{"IndexOverflow", "items[99999999999999999][name]=x", kFormIndex, "пара 1"},
        RefusalCase{"IndexOfPayments", "payments[10001][sum]=x", kFormIndex, "поле «payments[10001][sum]»"},
        RefusalCase{"IndexOfPhones", "items[0][supplier_info][phones][10001]=x", kFormIndex,
                    "поле «items[0][supplier_info][phones][10001]»"},
        RefusalCase{"IndexOfParameters", "cashbox_params[A][B][10001]=x", kFormIndex, "поле «cashbox_params[A]"},
        RefusalCase{"AppendBeyondIndex", "items[10000]=x&items[]=y", kFormIndex, "пара 2, поле «items[]»"},
        RefusalCase{"BothCharsets", "items[0][name]=%D0%A7&items[1][name]=%D7%E0%E9", kFormCharset,
                    "пара 2, поле «items[1][name]»"},
        RefusalCase{"NeitherCharset", "items[0][name]=%98", kFormCharset, "пара 1, поле «items[0][name]»"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(Form, ShowsOfAKeyWhatAManagerCanRead) {
  const std::string key = "cashbox_params[" + std::string("%D0%BA") + "%FF%0A" + std::string(600, 'k') + "]";
  const auto form = Form::parse(key + "=1");
  ASSERT_FALSE(form.has_value());
  EXPECT_EQ(form.error().message,
            "Слишком длинное имя поля: пара 1, поле «cashbox_params[к? " + std::string(46, 'k') + "».");
}

TEST(Form, KeepsLimitsOfBodyPairsNodesAndKeys) {
  EXPECT_EQ(code_of("a=1234", {.body_bytes = 5}), kFormTooLarge);
  EXPECT_EQ(code_of("a=123", {.body_bytes = 5}), std::nullopt);
  EXPECT_EQ(code_of("a=1&b=2&c=3", {.pairs = 2}), kFormPairs);
  EXPECT_EQ(code_of("a=1&b=2", {.pairs = 2}), std::nullopt);
  EXPECT_EQ(code_of("items[0]=1&items[1]=2", {.nodes = 3}), kFormNodes);
  EXPECT_EQ(code_of("items[0]=1&items[1]=2", {.nodes = 4}), std::nullopt);
  EXPECT_EQ(code_of("a[0]=1&a[1]=2", {.nodes = 3}), std::nullopt);
  EXPECT_EQ(code_of("type=1", {.key_bytes = 3}), kFormKey);
  EXPECT_EQ(code_of("type=1", {.key_bytes = 4}), std::nullopt);
  EXPECT_EQ(code_of("cashbox_params[b][c]=1", {.depth = 3}), std::nullopt);
  EXPECT_EQ(code_of("cashbox_params[b][c][d]=1", {.depth = 3}), kFormDepth);
}

TEST(Form, CountsIgnoredPairsToo) { EXPECT_EQ(code_of("order[a]=1&order[b]=1&type=x", {.pairs = 2}), kFormPairs); }

std::string repeated(std::size_t times, const auto& piece) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece(i);
  return out;
}

// Fifty thousand keys that a careless table would walk through one by one.
TEST(Form, TakesTheLargestBodyOfDistinctKeys) {
  const Form form =
      parsed(repeated(50'000, [](std::size_t i) { return "cashbox_params[k" + std::to_string(i * 7919) + "]=1&"; }));
  std::size_t count = 0;
  for (const Form::Node child : form.root()["cashbox_params"]) count += child.value() == "1";
  EXPECT_EQ(count, 50'000U);
}

// Few children of a node are looked through, many are hashed, with all other nodes: nobody may notice where it changes.
TEST(Form, FindsWhatItHasAtAnyNumberOfKeys) {
  for (const int keys : {1, 15, 16, 17, 18, 100, 600}) {
    std::string body = "items[0][name]=a&cashbox_params[k0][x]=list";
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < keys; ++i)
        body += "&cashbox_params[k" + std::to_string(i) + "]=" + std::to_string(round * 1000 + i);
      body += "&items[0][name]=" + std::to_string(round) + "&items[1][name]=b";
    }
    const Form form = parsed(body);
    const Form::Node params = form.root()["cashbox_params"];
    int seen = 0;
    for (const Form::Node child : params) {
      EXPECT_EQ(child.key(), "k" + std::to_string(seen)) << keys;
      EXPECT_EQ(child.value(), std::to_string(1000 + seen)) << keys;
      ++seen;
    }
    EXPECT_EQ(seen, keys);
    EXPECT_EQ(shown(form.root()["items"]), "{0:{name:'1'},1:{name:'b'}}") << keys;
  }
}

// The largest bodies whose every part is ignored leave nothing behind.
TEST(Form, HostileKeysThatAreNotReadLeaveNothing) {
  const std::size_t room = FormLimits{}.body_bytes - 100;
  for (const std::string& noise : {
           repeated(49'000, [](std::size_t i) { return "foo" + std::to_string(i) + "[" + std::to_string(i) + "]=1&"; }),
           repeated(49'000, [](std::size_t) { return std::string("foo[][][][][][][][][][][][]=%00%FF&"); }),
           repeated(49'000, [](std::size_t i) { return "items[" + std::to_string(i) + "][x][y]=1&"; }),
           repeated(49'000, [](std::size_t) { return std::string("order[a]=%&"); }),
           std::string(room - 1, 'k') + "&",
           "order" + std::string(room - 10, '[') + "]&",
           "order" + repeated((room - 10) / 3, [](std::size_t) { return std::string("[k]"); }) + "&",
           "x=" + std::string(room - 10, '%') + "&",
       }) {
    ASSERT_LE(noise.size(), room);
    EXPECT_EQ(shown(parsed(noise + "type=sell").root()), "{type:'sell'}") << noise.substr(0, 40);
  }
}

TEST(Form, HostileKeysThatAreReadAreBounded) {
  const auto deep = [](std::size_t i) { return "cashbox_params[a" + std::to_string(i) + "][b][c][d][e][f][g]=1&"; };
  EXPECT_EQ(code_of(repeated(49'000, deep)), kFormNodes);
  EXPECT_EQ(code_of(repeated(49'000, [](std::size_t) { return std::string("items[][name]=1&"); })), kFormIndex);
  EXPECT_EQ(code_of(repeated(51'000, [](std::size_t) { return std::string("type=1&"); })), kFormPairs);
}

TEST(Form, DecodesTextsOfWindows1251Portals) {
  const Form form = parsed(
      "items[0][name]=%D7%E0%E9+%AB%C0%F1%F1%E0%EC%BB+%B9+1&items[0][marking_code]=%D7%1D&items[1][name]=Latin"
      "&items[0][supplier_info][name]=%A8%EB%EA%E0&cashbox_params[A][B]=%EA%EB%FE%F7&number_kkm=%EA");
  EXPECT_EQ(form.charset(), Charset::windows_1251);
  const auto items = form.root()["items"];
  EXPECT_EQ(items["0"]["name"].value(), "Чай «Ассам» № 1");
  EXPECT_EQ(items["0"]["supplier_info"]["name"].value(), "Ёлка");
  EXPECT_EQ(items["1"]["name"].value(), "Latin");
  EXPECT_EQ(form.root()["cashbox_params"]["A"]["B"].value(), "ключ");
  EXPECT_EQ(form.root()["number_kkm"].value(), "к");
  EXPECT_EQ(items["0"]["marking_code"].value(), "\xD7\x1D");
}

TEST(Form, BinaryFieldsAndNoiseDecideNothingAboutTheCharset) {
  const Form form =
      parsed("items[0][name]=%D0%A7&items[0][nomenclature_code]=%FF%FE&items[0][additional_params]=%FF&barcode[0]=%FF");
  EXPECT_EQ(form.charset(), Charset::utf8);
  EXPECT_EQ(form.root()["items"]["0"]["name"].value(), "Ч");
}

struct CharsetCase {
  std::string_view name, body, tree;
  Charset charset = Charset::utf8;
};

class SettlesTheCharset : public testing::TestWithParam<CharsetCase> {};

TEST_P(SettlesTheCharset, OfTheWholeBody) {
  const Form form = parsed(GetParam().body);
  EXPECT_EQ(shown(form.root()), GetParam().tree);
  EXPECT_EQ(form.charset(), GetParam().charset);
}

constexpr Charset kOld = Charset::windows_1251;

INSTANTIATE_TEST_SUITE_P(  // windows-1251 as percent codes: «Чай» is AB D7 E0 E9 BB
    Form, SettlesTheCharset,
    testing::Values(
        CharsetCase{"TwoBytesCut", "items[0][name]=%D0%A7%D0%B0%D1", "{items:{0:{name:'Ча'}}}"},
        CharsetCase{"ThreeBytesCutAfterOne", "items[0][name]=%D0%A7%D0%B0%E2", "{items:{0:{name:'Ча'}}}"},
        CharsetCase{"ThreeBytesCutAfterTwo", "items[0][name]=Tea%E2%84", "{items:{0:{name:'Tea'}}}"},
        CharsetCase{"FourBytesCut", "items[0][name]=Tea%F0%9F%98", "{items:{0:{name:'Tea'}}}"},
        CharsetCase{"FourBytesCutAfterOne", "items[0][name]=%D0%A7+%F0", "{items:{0:{name:'Ч '}}}"},
        CharsetCase{"HalfARussianLetterIsAllThereIs", "items[0][name]=Tea+%D0", "{items:{0:{name:'Tea '}}}"},
        CharsetCase{"CutInTheMiddle", "items[0][name]=%D0%A7%D0%B0%D0%B9+%D0%B7...", "{items:{0:{name:'Чай з...'}}}"},
        CharsetCase{"CutBeforeDots", "items[0][name]=%D0%A7%D0%B0%D0%B9+%D0%B7%D0...", "{items:{0:{name:'Чай з...'}}}"},
        CharsetCase{"CutAtTheBeginning", "items[0][name]=%A7%D0%B0%D0%B9", "{items:{0:{name:'ай'}}}"},
        CharsetCase{"SeveralValuesCut", "items[0][name]=%D0%A7%D0&items[1][name]=%D0%A7%D1&client_email=a@b.ru%D0",
                    "{items:{0:{name:'Ч'},1:{name:'Ч'}},client_email:'a@b.ru'}"},
        CharsetCase{"SupplierCut",
                    "items[0][name]=Tea&items[0][supplier_info][name]=%D0%9E%D0%9E%D0%9E+%C2%AB%D0%9F%D0",
                    "{items:{0:{name:'Tea',supplier_info:{name:'ООО «П'}}}}"},
        CharsetCase{"OneBrokenAmongMany", "items[0][name]=%D0%A7%D0%B0%D0%B9&number_kkm=b%FFox",
                    "{items:{0:{name:'Чай'}},number_kkm:'box'}"},
        CharsetCase{"WordsAreNotRepaired", "items[0][name]=%D0%A7%D0%B0%D0%B9&unique_id=85%D0&cashbox_params[A]=kx%D0",
                    "{items:{0:{name:'Чай'}},unique_id:'85\uFFFD',cashbox_params:{A:'kx\uFFFD'}}"},
        CharsetCase{"OldOneValue", "items[0][name]=%D7%E0%E9", "{items:{0:{name:'Чай'}}}", kOld},
        CharsetCase{"OldOneLetter", "items[0][name]=%D7", "{items:{0:{name:'Ч'}}}", kOld},
        CharsetCase{"OldQuoted", "items[0][name]=%AB%D7%E0%E9%BB", "{items:{0:{name:'«Чай»'}}}", kOld},
        CharsetCase{"OldCapitalsLookLikeUtf8", "items[0][name]=%AB%CC%C8%D0%BB", "{items:{0:{name:'«МИР»'}}}", kOld},
        CharsetCase{"OldLetterInQuotes", "items[0][name]=%AB%CE%BB", "{items:{0:{name:'«О»'}}}", kOld},
        CharsetCase{"OldTextThatIsUtf8Alone", "items[0][name]=%D7%E0%E9+%F7%B8%F0%ED%FB%E9&number_kkm=%D0%B91",
                    "{items:{0:{name:'Чай чёрный'}},number_kkm:'Р№1'}", kOld},
        CharsetCase{"OldTextOfNoRussianUtf8", "items[0][name]=%D7%E0%E9&number_kkm=%CA%B91",
                    "{items:{0:{name:'Чай'}},number_kkm:'К№1'}", kOld}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(Form, RefusesOverlongAndSurrogateUtf8) {
  for (const std::string_view bytes : {"%C0%98", "%ED%A0%98", "%F4%90%98%98", "%E0%80%98"}) {
    EXPECT_EQ(code_of("items[0][name]=" + std::string(bytes)), kFormCharset) << bytes;
  }
}

TEST(Form, ViewsOutliveAMove) {
  Form first = parsed("type=x&items[]=y&number_kkm=%D7");
  const std::string_view before = first.root()["items"]["0"].value();
  const Form second = std::move(first);
  EXPECT_EQ(before, "y");
  EXPECT_EQ(second.root()["type"].value(), "x");
  EXPECT_EQ(second.root()["number_kkm"].value(), "Ч");
}

TEST(Form, AbsentPlacesAreEmptyAndFalse) {
  const Form form = parsed("type=1");
  EXPECT_FALSE(form.root()["items"]);
  EXPECT_FALSE(form.root()["items"]["0"]["name"]);
  EXPECT_EQ(form.root()["items"]["0"].value(), "");
  EXPECT_TRUE(form.root()["type"]);
  EXPECT_FALSE(form.root()["type"].is_list());
}

}  // namespace
}  // namespace kassaflow::bitrix24
