#include "kassaflow/bitrix24/check_apply.hpp"

#include <gtest/gtest.h>

#include "kassaflow/bitrix24/answers.hpp"

namespace kassaflow::bitrix24 {
namespace {

struct AnswerCase {
  std::string_view name;
  PushedEnd told;
  int status;
  std::string_view body;
  Reaction reaction;
  std::string_view reason;
};

class UnderstandsThePortal : public testing::TestWithParam<AnswerCase> {};

TEST_P(UnderstandsThePortal, Reaction) {
  const Verdict verdict =
      classify_check_apply(GetParam().told, {.status = GetParam().status, .body = GetParam().body, .location = ""});
  EXPECT_EQ(name_of(verdict.reaction), name_of(GetParam().reaction));
  EXPECT_EQ(verdict.reason, GetParam().reason);
}

const auto case_name = [](const auto& param) { return std::string(param.param.name); };

INSTANTIATE_TEST_SUITE_P(  // protocols/bitrix24.md §8
    OutcomesOfTheMethod, UnderstandsThePortal,
    testing::Values(AnswerCase{"Applied", PushedEnd::done, 200, R"({"result":true,"time":{"start":1.5}})",
                               Reaction::done, "applied"},
                    AnswerCase{"ErrorToldToAPrintedCheck", PushedEnd::error, 200, R"({"result":true})", Reaction::done,
                               "already_printed_in_portal"},
                    AnswerCase{"ErrorTold", PushedEnd::error, 400,
                               R"({"error":"ERROR_CHECK_APPLY","error_description":"Ошибка чека #85: нет бумаги"})",
                               Reaction::told_error, "ERROR_CHECK_APPLY"},
                    AnswerCase{"OrderGone", PushedEnd::done, 400,
                               R"({"error":"ERROR_CHECK_APPLY","error_description":"x"})", Reaction::give_up,
                               "ERROR_CHECK_APPLY"},
                    AnswerCase{"NoUuid", PushedEnd::done, 400, R"({"error":"ERROR_CHECK_FAILURE"})", Reaction::give_up,
                               "ERROR_CHECK_FAILURE"},
                    AnswerCase{"UnknownUuid", PushedEnd::done, 400,
                               R"({"error":"ERROR_CHECK_NOT_FOUND","error_description":"Check not found"})",
                               Reaction::retry_not_found, "ERROR_CHECK_NOT_FOUND"},
                    AnswerCase{"UnknownUuidToldError", PushedEnd::error, 400, R"({"error":"ERROR_CHECK_NOT_FOUND"})",
                               Reaction::retry_not_found, "ERROR_CHECK_NOT_FOUND"},
                    AnswerCase{"NotAnAdministrator", PushedEnd::done, 403,
                               R"({"error":"ACCESS_DENIED","error_description":"Access denied!"})",
                               Reaction::stop_alarm, "ACCESS_DENIED"},
                    AnswerCase{"PhpFatalPage", PushedEnd::done, 500, "<html>Fatal error</html>",
                               Reaction::retry_backoff, "http_500"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(  // protocols/bitrix24.md §11.1
    ErrorsOfRest, UnderstandsThePortal,
    testing::Values(AnswerCase{"QueryLimit", PushedEnd::done, 503, R"({"error":"QUERY_LIMIT_EXCEEDED"})",
                               Reaction::rate_limited, "QUERY_LIMIT_EXCEEDED"},
                    AnswerCase{"OperationTime", PushedEnd::done, 429, R"({"error":"OPERATION_TIME_LIMIT"})",
                               Reaction::pause_until, "OPERATION_TIME_LIMIT"},
                    AnswerCase{"Overload", PushedEnd::done, 503, R"({"error":"OVERLOAD_LIMIT"})", Reaction::stop_alarm,
                               "OVERLOAD_LIMIT"},
                    AnswerCase{"OverloadByCore", PushedEnd::done, 401, R"({"error":"OVERLOAD_LIMIT"})",
                               Reaction::stop_alarm, "OVERLOAD_LIMIT"},
                    AnswerCase{"ExpiredToken", PushedEnd::done, 401, R"({"error":"expired_token"})",
                               Reaction::reauthorise, "EXPIRED_TOKEN"},
                    AnswerCase{"NoAuth", PushedEnd::done, 401, R"({"error":"NO_AUTH_FOUND"})", Reaction::reauthorise,
                               "NO_AUTH_FOUND"},
                    AnswerCase{"Credentials", PushedEnd::done, 403, R"({"error":"INVALID_CREDENTIALS"})",
                               Reaction::reauthorise, "INVALID_CREDENTIALS"},
                    AnswerCase{"Scope", PushedEnd::done, 403, R"({"error":"insufficient_scope"})", Reaction::stop_alarm,
                               "INSUFFICIENT_SCOPE"},
                    AnswerCase{"UserAccess", PushedEnd::done, 403, R"({"error":"user_access_error"})",
                               Reaction::stop_alarm, "USER_ACCESS_ERROR"},
                    AnswerCase{"Dismissed", PushedEnd::done, 401, R"({"error":"authorization_error"})",
                               Reaction::stop_alarm, "AUTHORIZATION_ERROR"},
                    AnswerCase{"AppRemoved", PushedEnd::done, 401, R"({"error":"APPLICATION_NOT_FOUND"})",
                               Reaction::stop_alarm, "APPLICATION_NOT_FOUND"},
                    AnswerCase{"AuthServerAway", PushedEnd::done, 401, R"({"error":"CONNECTION_ERROR"})",
                               Reaction::retry_backoff, "CONNECTION_ERROR"},
                    AnswerCase{"WrongAuthType", PushedEnd::done, 403, R"({"error":"WRONG_AUTH_TYPE"})",
                               Reaction::stop_alarm, "WRONG_AUTH_TYPE"},
                    AnswerCase{"NoSuchMethod", PushedEnd::done, 404, R"({"error":"ERROR_METHOD_NOT_FOUND"})",
                               Reaction::stop_alarm, "ERROR_METHOD_NOT_FOUND"},
                    AnswerCase{"HttpsRequired", PushedEnd::done, 400, R"({"error":"INVALID_REQUEST"})",
                               Reaction::stop_alarm, "INVALID_REQUEST"},
                    AnswerCase{"PortalClosed", PushedEnd::done, 403, R"({"error":"PORTAL_DELETED"})",
                               Reaction::portal_closed, "PORTAL_DELETED"},
                    AnswerCase{"ServerError", PushedEnd::done, 500, R"({"error":"INTERNAL_SERVER_ERROR"})",
                               Reaction::retry_backoff, "INTERNAL_SERVER_ERROR"},
                    AnswerCase{"UnexpectedAnswer", PushedEnd::done, 500, R"({"error":"ERROR_UNEXPECTED_ANSWER"})",
                               Reaction::retry_backoff, "ERROR_UNEXPECTED_ANSWER"},
                    AnswerCase{"CodeWinsOverStatus", PushedEnd::done, 200, R"({"error":"QUERY_LIMIT_EXCEEDED"})",
                               Reaction::rate_limited, "QUERY_LIMIT_EXCEEDED"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    AnswersWithoutAKnownCode, UnderstandsThePortal,
    testing::Values(
        AnswerCase{"NumericCode", PushedEnd::done, 400, R"({"error":200040300010})", Reaction::retry_backoff,
                   "200040300010"},
        AnswerCase{"EmptyCode", PushedEnd::done, 400, R"({"error":"","error_description":"x"})",
                   Reaction::retry_backoff, "http_400"},
        AnswerCase{"NewCodeAt400", PushedEnd::error, 400, R"({"error":"SOMETHING_NEW"})", Reaction::retry_backoff,
                   "SOMETHING_NEW"},
        AnswerCase{"BadRequestPage", PushedEnd::done, 400, "<html>", Reaction::retry_backoff, "http_400"},
        AnswerCase{"NewCode", PushedEnd::done, 500, R"({"error":"SOMETHING_NEW"})", Reaction::retry_backoff,
                   "SOMETHING_NEW"},
        AnswerCase{"CodeIsNotAText", PushedEnd::done, 403, R"({"error":"<b>secret text</b>"})", Reaction::stop_alarm,
                   "http_403"},
        AnswerCase{"TooMany", PushedEnd::done, 429, "", Reaction::rate_limited, "http_429"},
        AnswerCase{"Unauthorised", PushedEnd::done, 401, "", Reaction::reauthorise, "http_401"},
        AnswerCase{"NotFoundPage", PushedEnd::done, 404, "<html>", Reaction::stop_alarm, "http_404"},
        AnswerCase{"BadGateway", PushedEnd::done, 502, "<html>", Reaction::retry_backoff, "http_502"},
        AnswerCase{"EmptyErrorAt200", PushedEnd::done, 200, R"({"error":"","result":true})", Reaction::retry_backoff,
                   "http_500"},
        AnswerCase{"HtmlAt200", PushedEnd::done, 200, "<html>", Reaction::retry_backoff, "unexpected_answer"},
        AnswerCase{"FalseAt200", PushedEnd::done, 200, R"({"result":false})", Reaction::retry_backoff,
                   "unexpected_answer"},
        AnswerCase{"EmptyAt200", PushedEnd::done, 200, "", Reaction::retry_backoff, "unexpected_answer"},
        AnswerCase{"ListAt200", PushedEnd::done, 200, "[true]", Reaction::retry_backoff, "unexpected_answer"}),
    case_name);

TEST(CheckApply, AnAnswerOfThousandsOfMembersIsNotRead) {
  std::string body = "{";
  for (int i = 0; i < 1000; ++i) body += "\"" + std::to_string(i) + "\":0,";
  const auto reaction = [](const std::string& answer) {
    return classify_check_apply(PushedEnd::done, {.status = 200, .body = answer, .location = ""}).reaction;
  };
  EXPECT_EQ(reaction(R"({"0":0,"result":true})"), Reaction::done);
  EXPECT_EQ(reaction(body + R"("result":true})"), Reaction::retry_backoff);
}

TEST(CheckApply, WaitsUntilTheTimePortalNames) {
  const Verdict verdict = classify_check_apply(
      PushedEnd::done, {.status = 429,
                        .body = R"({"error":"OPERATION_TIME_LIMIT","time":{"operating_reset_at":1780300900}})",
                        .location = ""});
  EXPECT_EQ(verdict.pause_until_s, 1780300900);
}

TEST(CheckApply, KnowsAnAnswerOfAPortalByItsForm) {
  struct Case {
    int status;
    std::string_view body;
    bool from_portal;
  };
  for (const auto& each : {Case{200, R"({"result":true})", true}, Case{200, R"({"result":false})", true},
                           Case{400, R"({"error":"ERROR_CHECK_NOT_FOUND"})", true},
                           Case{400, R"({"error":"","error_description":"x"})", true}, Case{200, "{}", false},
                           Case{200, "<html>", false}, Case{404, "", false}, Case{200, R"(["result"])", false}}) {
    const Verdict verdict =
        classify_check_apply(PushedEnd::done, {.status = each.status, .body = each.body, .location = ""});
    EXPECT_EQ(verdict.from_portal, each.from_portal) << each.body;
  }
  EXPECT_FALSE(
      classify_check_apply(PushedEnd::done,
                           {.status = 302, .body = R"({"result":true})", .location = "https://new.bitrix24.ru/"})
          .from_portal);
}

TEST(CheckApply, FollowsARenamedPortalOnlyToAnAbsoluteAddress) {
  for (const int status : {301, 302, 303, 307, 308}) {
    const Verdict verdict = classify_check_apply(
        PushedEnd::done, {.status = status, .body = "", .location = "https://new.bitrix24.ru/rest/1/abc/"});
    EXPECT_EQ(verdict.reaction, Reaction::moved) << status;
    EXPECT_EQ(verdict.location, "https://new.bitrix24.ru/rest/1/abc/");
    EXPECT_EQ(verdict.reason.find("new.bitrix24"), std::string::npos);
  }
  EXPECT_EQ(classify_check_apply(PushedEnd::done, {.status = 302, .body = "", .location = "/login"}).reaction,
            Reaction::stop_alarm);
  EXPECT_EQ(classify_check_apply(PushedEnd::done, {.status = 302, .body = "", .location = ""}).reaction,
            Reaction::stop_alarm);
}

TEST(CheckApply, BodiesAreFlatJson) {
  fiscal::FiscalDocument document;
  document.fn = "9999078900001234";
  document.fd = 12345;
  document.fp = "0345678901";
  document.printed_at_s = 1780300865;
  EXPECT_EQ(
      check_apply_done("u", document),
      R"({"UUID":"u","FISCAL_DOC_ATTR":"0345678901","FISCAL_DOC_NUMBER":"12345","FN_NUMBER":"9999078900001234","PRINT_END_TIME":1780300865})");
  EXPECT_EQ(check_apply_error("u", "нет \"бумаги\""), R"({"UUID":"u","STATUS":"ERROR","ERROR":"нет \"бумаги\""})");
}

}  // namespace
}  // namespace kassaflow::bitrix24
