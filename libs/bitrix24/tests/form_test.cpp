#include "kassaflow/bitrix24/form.hpp"

#include <gtest/gtest.h>

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

std::string code_of(std::string_view body, const FormLimits& limits = {}) {
  const auto form = Form::parse(body, limits);
  return form ? "" : form.error().code;
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

TEST_P(NestsAsPhpDoes, Tree) { EXPECT_EQ(shown(parsed(GetParam().body).root()), GetParam().tree); }

INSTANTIATE_TEST_SUITE_P(
    Form, NestsAsPhpDoes,
    testing::Values(
        NestingCase{"Empty", "", "{}"}, NestingCase{"OnlySeparators", "&&&", "{}"},
        NestingCase{"Scalar", "type=sell", "{type:'sell'}"}, NestingCase{"NoEquals", "type", "{type:''}"},
        NestingCase{"EmptyValue", "a=", "{a:''}"}, NestingCase{"EmptyKeyIsDropped", "=x&a=1", "{a:'1'}"},
        NestingCase{"EqualsInValue", "a=b=c", "{a:'b=c'}"},
        NestingCase{"Nested", "items%5B0%5D%5Bname%5D=x&items%5B0%5D%5Bsum%5D=1", "{items:{0:{name:'x',sum:'1'}}}"},
        NestingCase{"LiteralBrackets", "a[b][c]=1", "{a:{b:{c:'1'}}}"},
        NestingCase{"LowerCaseHex", "a=%c3%a9", "{a:'é'}"}, NestingCase{"PlusIsBlank", "a=1+2%2B3", "{a:'1 2+3'}"},
        NestingCase{"LastScalarWins", "a=1&b=2&a=3", "{a:'3',b:'2'}"},
        NestingCase{"LastNestedScalarWins", "a[x]=1&a[y]=2&a[x]=3", "{a:{x:'3',y:'2'}}"},
        NestingCase{"AppendGoesOn", "a[]=x&a[]=y", "{a:{0:'x',1:'y'}}"},
        NestingCase{"AppendAfterIndex", "a[7]=x&a[]=y", "{a:{7:'x',8:'y'}}"},
        NestingCase{"AppendMakesNewElements", "a[][n]=1&a[][n]=2", "{a:{0:{n:'1'},1:{n:'2'}}}"},
        NestingCase{"ListReplacesScalar", "a=1&a[b]=2", "{a:{b:'2'}}"},
        NestingCase{"ScalarReplacesList", "a[b]=2&a=1", "{a:'1'}"},
        NestingCase{"ThrownAwayListStaysAway", "a[b]=2&a[c]=3&a=1&a[c]=4", "{a:{c:'4'}}"},
        NestingCase{"InsertionOrder", "a[2]=x&a[0]=y&a[1]=z", "{a:{2:'x',0:'y',1:'z'}}"},
        NestingCase{"SharedPrefixInterrupted", "a[0][x]=1&b=2&a[0][y]=3", "{a:{0:{x:'1',y:'3'}},b:'2'}"},
        NestingCase{"SameKeyInAnotherParent", "a[x]=1&b[x]=2&a[x]=3", "{a:{x:'3'},b:{x:'2'}}"},
        NestingCase{"TextAfterBracketIgnored", "a[b]c=1", "{a:{b:'1'}}"},
        NestingCase{"UnclosedBracketIsAName", "a[b=1", "{a[b:'1'}"},
        NestingCase{"LeadingBracketIsAName", "[a]=1", "{[a]:'1'}"},
        NestingCase{"LeadingZeroIsAnotherKey", "a[00]=1&a[0]=2", "{a:{00:'1',0:'2'}}"},
        NestingCase{"BinaryCode", "items[0][nomenclature_code]=DM%00%80%26",
                    "{items:{0:{nomenclature_code:'DM\0\x80&'}}}"sv},
        NestingCase{"OrderIsNoise", "order[id]=5&order[x][y]=1&type=sell", "{type:'sell'}"},
        NestingCase{"EntityIsNoise", "items[0][entity][a]=1&items[0][name]=n&payments[0][entity]=1",
                    "{items:{0:{name:'n'}}}"},
        NestingCase{"AdditionalParamsAreNoise",
                    "additional_params[q]=1&items[0][additional_params][z]=2&items[0][sum]=1", "{items:{0:{sum:'1'}}}"},
        NestingCase{"DeepNoiseIsHarmless", "order[a][b][c][d][e][f][g][h][i][j]=1&a=2", "{a:'2'}"}),
    [](const auto& param) { return std::string(param.param.name); });

struct RefusalCase {
  std::string_view name, body, code, place;
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
    testing::Values(RefusalCase{"NotHex", "items%5B0%5D=%zz", "form.encoding", "пара 1, байт 13"},
                    RefusalCase{"HalfHex", "a=1&b=%4g", "form.encoding", "пара 2, байт 6"},
                    RefusalCase{"CutAfterPercent", "a=%", "form.encoding", "пара 1"},
                    RefusalCase{"CutAfterOneDigit", "a=%4", "form.encoding", "пара 1"},
                    RefusalCase{"CutByNextPair", "a=%4&b=1", "form.encoding", "пара 1"},
                    RefusalCase{"PercentInKey", "a%5=1", "form.encoding", "пара 1"},
                    RefusalCase{"NulInName", "x=1&items[0][name]=a%00b", "form.nul", "пара 2"},
                    RefusalCase{"NulAtTop", "type=se%00ll", "form.nul", "пара 1"},
                    RefusalCase{"TooDeep", "a[1][2][3][4][5][6][7][8]=1", "form.depth", "пара 1"},
                    RefusalCase{"IndexTooLarge", "items[10001][name]=x", "form.index", "пара 1"},
                    RefusalCase{"IndexOverflow", "items[99999999999999999][name]=x", "form.index", "пара 1"},
                    RefusalCase{"AppendBeyondIndex", "items[10000]=x&items[]=y", "form.index", "пара 2"},
                    RefusalCase{"BothCharsets", "items[0][name]=%D0%A7&items[1][name]=%D7%E0%E9", "form.charset",
                                "пара 2"},
                    RefusalCase{"NeitherCharset", "items[0][name]=%98", "form.charset", "пара 1"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(Form, KeepsLimitsOfBodyPairsNodesAndKeys) {
  EXPECT_EQ(code_of("a=1234", {.body_bytes = 5}), "form.too_large");
  EXPECT_EQ(code_of("a=123", {.body_bytes = 5}), "");
  EXPECT_EQ(code_of("a=1&b=2&c=3", {.pairs = 2}), "form.pairs");
  EXPECT_EQ(code_of("a=1&b=2", {.pairs = 2}), "");
  EXPECT_EQ(code_of("a[b]=1&a[c]=2", {.nodes = 3}), "form.nodes");
  EXPECT_EQ(code_of("a[b]=1&a[c]=2", {.nodes = 4}), "");
  EXPECT_EQ(code_of("abcd=1", {.key_bytes = 3}), "form.key");
  EXPECT_EQ(code_of("abc=1", {.key_bytes = 3}), "");
  EXPECT_EQ(code_of("a[b][c]=1", {.depth = 3}), "");
  EXPECT_EQ(code_of("a[b][c][d]=1", {.depth = 3}), "form.depth");
}

TEST(Form, CountsNoiseAsPairs) { EXPECT_EQ(code_of("order[a]=1&order[b]=1&type=x", {.pairs = 2}), "form.pairs"); }

// Fifty thousand keys that a careless table would walk through one by one.
TEST(Form, TakesTheLargestBodyOfDistinctKeys) {
  std::string body;
  for (int i = 0; i < 50'000; ++i) body += "x[k" + std::to_string(i * 7919) + "]=1&";
  const Form form = parsed(body);
  std::size_t count = 0;
  for (const Form::Node child : form.root()["x"]) count += child.value() == "1";
  EXPECT_EQ(count, 50'000U);
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

TEST(Form, RefusesOverlongAndSurrogateUtf8) {
  for (const std::string_view bytes : {"%C0%98", "%ED%A0%98", "%F4%90%98%98", "%E0%80%98"}) {
    EXPECT_EQ(code_of("items[0][name]=" + std::string(bytes)), "form.charset") << bytes;
  }
}

TEST(Form, ViewsOutliveAMove) {
  Form first = parsed("a=x&b[]=y&name=%D7");
  const std::string_view before = first.root()["b"]["0"].value();
  const Form second = std::move(first);
  EXPECT_EQ(before, "y");
  EXPECT_EQ(second.root()["a"].value(), "x");
  EXPECT_EQ(second.root()["name"].value(), "Ч");
}

TEST(Form, AbsentPlacesAreEmptyAndFalse) {
  const Form form = parsed("a=1");
  EXPECT_FALSE(form.root()["b"]);
  EXPECT_FALSE(form.root()["b"]["c"]["d"]);
  EXPECT_EQ(form.root()["b"]["c"].value(), "");
  EXPECT_TRUE(form.root()["a"]);
  EXPECT_FALSE(form.root()["a"].is_list());
}

}  // namespace
}  // namespace kassaflow::bitrix24
