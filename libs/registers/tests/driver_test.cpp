// The drivers over real sockets: one connection, one request, and what a lost answer leaves behind.

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "kassaflow/async/clock.hpp"
#include "kassaflow/http/one_shot.hpp"
#include "kassaflow/v1/registry.pb.h"
#include "receipts.hpp"
#include "scripted_server.hpp"

namespace kassaflow::registers {
namespace {

using namespace tests;

const std::string kSecret = "kx7Qm2kx7Qm2kx7Qm2kx7Qm2kx7Qm2";
const std::string kId = "aaaaaaaa-0000-4000-8000-000000000001";

template <class T>
T run(boost::asio::awaitable<T> work) {
  boost::asio::io_context io;
  auto result = boost::asio::co_spawn(io, std::move(work), boost::asio::use_future);
  io.run();
  return result.get();
}

v1::Register document_of(const std::string& protocol, const std::string& endpoint) {
  v1::Register document;
  document.set_id("kkt-1");
  document.set_endpoint(endpoint);
  document.set_exclusive(true);
  if (protocol == "itkassa") {
    document.mutable_itkassa()->set_cre_item_id(kCreItem);
    document.mutable_itkassa()->set_api_key(kSecret);
  } else if (protocol == "bit") {
    document.set_registration_number("0000000001047487");
    document.mutable_bit()->set_kkt_token(kSecret);
  }
  return document;
}

http::Network local_network({.allow_private = true});

std::unique_ptr<Driver> driver_of(const v1::Register& document, const Durations& durations = standard_durations(),
                                  http::Transport& transport = local_network) {
  RegisterSettings settings = read_settings(document).value();
  settings.timezone = "Europe/Moscow";
  return settings.protocol->make_driver(settings, durations, transport, async::machine_clock());
}

std::unique_ptr<Driver> driver(const std::string& protocol, const std::string& url,
                               const Durations& durations = standard_durations(), bool test = false) {
  v1::Register document = document_of(protocol, protocol == "itkassa" ? url + "/open/api/v1" : url);
  document.set_test(test);
  return driver_of(document, durations);
}

AttemptRef attempt(const Driver& with, const std::string& key = kKey) {
  AttemptRef attempt;
  attempt.key = key;
  attempt.body = with.render(mugs(), till(), key)->body;
  attempt.total_kopecks = 100000;
  return attempt;
}

class CountingGuard final : public http::WriteGuard {
 public:
  explicit CountingGuard(bool lets = true) : lets_(lets) {}
  std::optional<Clock::time_point> arm() override {
    ++armed;
    return lets_ ? std::optional(Clock::time_point::max()) : std::nullopt;
  }
  void disarm() override { ++disarmed; }
  int armed = 0;
  int disarmed = 0;

 private:
  bool lets_;
};

std::string document(const std::string& fields) {
  return R"({"code":0,"object":{"id":")" + kId + R"(","type":"sale","idempKey":")" + kKey + R"(","creItemId":")" +
         kCreItem + "\"," + fields + "}}";
}
const std::string kPrinted =
    R"("checkUrl":")" + kQr + R"(","fsNumber":")" + kFn +
    R"(","sessionNumber":"57","checkNumber":"1204","queueItem":null,"resultItem":{"result":"success","creErrorId":"0"})";
const std::string kItems =
    R"({"code":0,"list":[{"id":")" + kCreItem + R"(","fsNumber":")" + kFn +
    R"(","fiscalizationNumber":"0000000001047487","status":"active","nodeStatus":"ready","state":{"isOnline":1,"sessionState":"opened"}}]})";

// A journal that was written yesterday is read tomorrow.
TEST(Words, StayAsTheyWereStored) {
  const std::pair<Fact, const char*> facts[] = {{Fact::printed, "printed"},
                                                {Fact::not_printed, "not_printed"},
                                                {Fact::pending, "pending"},
                                                {Fact::absent, "absent"},
                                                {Fact::unknown, "unknown"}};
  for (const auto& [fact, word] : facts) {
    EXPECT_EQ(to_string(fact), word);
    EXPECT_EQ(fact_from(word), fact);
  }
  const std::pair<Cause, const char*> causes[] = {{Cause::none, "none"},
                                                  {Cause::data, "data"},
                                                  {Cause::register_fault, "register_fault"},
                                                  {Cause::transient, "transient"},
                                                  {Cause::shift_expired, "shift_expired"},
                                                  {Cause::shift_closed, "shift_closed"},
                                                  {Cause::test_register, "test_register"},
                                                  {Cause::ambiguous, "ambiguous"}};
  for (const auto& [cause, word] : causes) {
    EXPECT_EQ(to_string(cause), word);
    EXPECT_EQ(cause_from(word), cause);
  }
  EXPECT_EQ(fact_from("of a later version"), Fact::unknown);
  EXPECT_EQ(cause_from("of a later version"), Cause::none);
}

TEST(MakeDriver, RefusesAnUnknownProtocol) {
  EXPECT_EQ(read_settings(document_of("fax", "http://127.0.0.1:1")).error().code, kUnknownProtocol);
}

TEST(MakeDriver, TellsWhatEachProtocolCan) {
  const Capabilities itkassa = driver("itkassa", "http://x")->capabilities();
  EXPECT_TRUE(itkassa.query_by_key);
  EXPECT_TRUE(itkassa.manages_shifts);
  EXPECT_TRUE(itkassa.absent_may_be_sent_again);
  EXPECT_FALSE(itkassa.same_key_deduplicated);
  const Capabilities bit = driver("bit", "http://x")->capabilities();
  EXPECT_FALSE(bit.query_by_key);
  EXPECT_FALSE(bit.manages_shifts);
  EXPECT_FALSE(bit.absent_may_be_sent_again);
  EXPECT_FALSE(bit.same_key_deduplicated);
  v1::Register verified = document_of("bit", "http://x");
  verified.mutable_bit()->set_deduplication(v1::DEDUPLICATION_VERIFIED);
  EXPECT_TRUE(driver_of(verified)->capabilities().same_key_deduplicated);
  v1::Register shared = document_of("itkassa", "http://x");
  shared.set_exclusive(false);
  EXPECT_FALSE(driver_of(shared)->capabilities().absent_may_be_sent_again);
}

TEST(ItkassaDriver, PostsTheStoredBytesOnceWithTheKeyInAHeader) {
  ScriptedServer server({answer(200, document(R"("resultItem":null)"))});
  const auto itkassa = driver("itkassa", server.url());
  CountingGuard guard;
  const AttemptRef sent = attempt(*itkassa);
  const Finding found = run(itkassa->send(sent, guard));
  EXPECT_EQ(found.fact, Fact::pending);
  EXPECT_EQ(found.remote_id, kId);
  EXPECT_EQ(guard.armed, 1);
  EXPECT_EQ(guard.disarmed, 1);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_TRUE(requests[0].starts_with("POST /open/api/v1/print-documents HTTP/1.1\r\n")) << requests[0];
  EXPECT_NE(requests[0].find("\r\nContent-Type: application/json;charset=UTF-8\r\n"), std::string::npos);
  EXPECT_NE(requests[0].find("\r\nX-Api-Key: " + kSecret + "\r\n"), std::string::npos);
  EXPECT_TRUE(requests[0].ends_with("\r\n\r\n" + sent.body));
}

TEST(ItkassaDriver, AddsTheRegistrationNumberReadWithTheSameStorage) {
  ScriptedServer server({answer(200, document(kPrinted)), answer(200, kItems), answer(200, document(kPrinted))});
  const auto itkassa = driver("itkassa", server.url());
  AttemptRef asked = attempt(*itkassa);
  asked.remote_id = kId;
  for (int i = 0; i < 2; ++i) {  // the second time the number is known
    const Finding found = run(itkassa->ask(asked));
    ASSERT_EQ(found.fact, Fact::printed);
    EXPECT_EQ(found.document->registration_number, "0000000001047487");
    EXPECT_EQ(found.document->printed_at_s, kQrTime_s);
  }
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_TRUE(requests[0].starts_with("GET /open/api/v1/print-documents/" + kId + " HTTP/1.1\r\n"));
  EXPECT_TRUE(requests[1].starts_with("GET /open/api/v1/cre/items/ HTTP/1.1\r\n"));
}

TEST(ItkassaDriver, NeverInventsARegistrationNumber) {
  ScriptedServer server({answer(200, document(kPrinted)), answer(503, "")});
  const auto itkassa = driver("itkassa", server.url());
  AttemptRef asked = attempt(*itkassa);
  asked.remote_id = kId;
  EXPECT_EQ(run(itkassa->ask(asked)).document->registration_number, "");
}

TEST(ItkassaDriver, AsksByKeyUnderTheBaseThatAnswers) {
  const std::string negative = R"({"code":1,"message":"Not found"})";
  ScriptedServer server({answer(404, "<html>"), answer(200, document(R"("resultItem":null)")), answer(404, negative)});
  const auto itkassa = driver("itkassa", server.url());
  const AttemptRef asked = attempt(*itkassa);
  EXPECT_EQ(run(itkassa->ask(asked)).fact, Fact::pending);
  EXPECT_EQ(run(itkassa->ask(asked)).fact, Fact::absent);
  const auto requests = server.requests();
  EXPECT_TRUE(requests[0].starts_with("GET /open/api/v1/print-documents/" + kKey + "/idempotent HTTP/1.1\r\n"));
  EXPECT_TRUE(requests[1].starts_with("GET /print-documents/" + kKey + "/idempotent HTTP/1.1\r\n"));
  EXPECT_TRUE(requests[2].starts_with("GET /print-documents/" + kKey + "/idempotent HTTP/1.1\r\n"));
}

TEST(ItkassaDriver, ACleanNegativeOfTheBaseStandsWhenTheOtherPathKnowsNothing) {
  ScriptedServer server({answer(404, R"({"code":1})"), answer(404, "<html>")});
  const auto itkassa = driver("itkassa", server.url());
  EXPECT_EQ(run(itkassa->ask(attempt(*itkassa))).fact, Fact::absent);
}

TEST(ItkassaDriver, AProxysPageIsNoNegative) {
  ScriptedServer server({answer(404, "<html>"), answer(404, "<html>")});
  const auto itkassa = driver("itkassa", server.url());
  EXPECT_EQ(run(itkassa->ask(attempt(*itkassa))).fact, Fact::unknown);
}

TEST(ItkassaDriver, ReadsHealthWithAGet) {
  ScriptedServer server({answer(200, kItems)});
  const Health health = run(driver("itkassa", server.url())->probe());
  EXPECT_TRUE(health.up);
  EXPECT_EQ(health.fn, kFn);
  EXPECT_TRUE(server.requests()[0].starts_with("GET /open/api/v1/cre/items/ HTTP/1.1\r\n"));
}

TEST(ItkassaDriver, RegistersOfOneKeyShareTheListAndNothingElse) {
  struct Listening final : http::Transport {
    boost::asio::awaitable<Result<http::Response, http::Failure>> send(const http::Request& request,
                                                                       http::WriteGuard&) override {
      const bool shared = request.shared_for.count() > 0;
      sent.push_back(request.method + (shared ? " shared " : " ") + request.url.substr(request.url.rfind("/v1") + 3));
      co_return tl::unexpected(http::Failure{http::Sent::nothing, http::kDns, "", ""});
    }
    std::vector<std::string> sent;
  } listening;
  const auto itkassa =
      driver_of(document_of("itkassa", "http://cloud.example.ru/open/api/v1"), standard_durations(), listening);
  http::NoGuard guard;
  (void)run(itkassa->probe());
  (void)run(itkassa->send(attempt(*itkassa), guard));
  AttemptRef known = attempt(*itkassa);
  known.remote_id = "7";
  (void)run(itkassa->ask(known));
  EXPECT_EQ(listening.sent,
            (std::vector<std::string>{"GET shared /cre/items/", "POST /print-documents", "GET /print-documents/7"}));
}

TEST(ItkassaDriver, IsDownWhenNobodyListens) {
  const ClosedPort nobody;
  const Health health = run(driver("itkassa", nobody.url())->probe());
  EXPECT_FALSE(health.up);
  EXPECT_FALSE(health.detail.empty());
}

TEST(ItkassaDriver, ReadsCallbacksWithoutIo) {
  const auto itkassa = driver("itkassa", "http://127.0.0.1:1");
  const std::string whole = document(kPrinted);
  const std::string bare = whole.substr(whole.find("{\"id\""), whole.size() - whole.find("{\"id\"") - 1);
  const auto found = itkassa->read_callback(attempt(*itkassa), bare);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->fact, Fact::printed);
  EXPECT_EQ(found->raw_answer, bare);
}

TEST(ItkassaDriver, SendsShiftCommandsAsDocuments) {
  ScriptedServer server({answer(200, R"({"code":0,"object":{"id":")" + kId + R"(","type":"closeSession"}})")});
  const auto itkassa = driver("itkassa", server.url());
  CountingGuard guard;
  AttemptRef sent;
  sent.key = kKey;
  sent.body = itkassa->render_shift(ShiftCommand::close, till(), kKey).body;
  EXPECT_EQ(run(itkassa->send_shift(ShiftCommand::close, sent, guard)).fact, Fact::pending);
  EXPECT_TRUE(server.requests()[0].ends_with(sent.body));
}

TEST(BitDriver, PostsOnePacketWithItsHeaders) {
  ScriptedServer server({answer(200, R"([{"name":"receipt-700123","success":"ok","qr":")" + kQr + R"("}])")});
  const auto bit = driver("bit", server.url());
  CountingGuard guard;
  const AttemptRef sent = attempt(*bit, "700123");
  const Finding found = run(bit->send(sent, guard));
  ASSERT_EQ(found.fact, Fact::printed);
  EXPECT_EQ(found.document->fd, 1204u);
  EXPECT_EQ(found.document->registration_number, "0000000001047487");
  const std::string request = server.requests().at(0);
  EXPECT_TRUE(request.starts_with("POST / HTTP/1.1\r\n"));
  EXPECT_NE(request.find("\r\nContent-Type: application/json; charset=UTF-8\r\nAction: command_list\r\nBIT_ORDER_ID: "
                         "700123\r\nBIT_KKT_TOKEN: " +
                         kSecret + "\r\n"),
            std::string::npos)
      << request;
  EXPECT_NE(request.find("\r\nContent-Length: " + std::to_string(sent.body.size()) + "\r\n"), std::string::npos);
  EXPECT_TRUE(request.ends_with("\r\n\r\n" + sent.body));
  EXPECT_NE(sent.body.find("\"timeZone_1011\":2"), std::string::npos);
}

TEST(BitDriver, ACutAnswerWithTheReceiptsQrIsPrinted) {
  ScriptedServer server(
      {cut_answer(R"([{"name":"receipt-700123","success":"ok","qr":")" + kQr + R"(","printedText":"КАС)")});
  const auto bit = driver("bit", server.url());
  CountingGuard guard;
  const Finding found = run(bit->send(attempt(*bit, "700123"), guard));
  EXPECT_EQ(found.fact, Fact::printed);
  EXPECT_TRUE(found.warning);
}

TEST(BitDriver, SendsShiftCommands) {
  ScriptedServer server({answer(200, R"({"0":{"name":"shift-5","error":"Смена уже открыта"}})")});
  const auto bit = driver("bit", server.url());
  CountingGuard guard;
  AttemptRef sent;
  sent.key = "5";
  sent.body = bit->render_shift(ShiftCommand::open, till(), "5").body;
  EXPECT_EQ(run(bit->send_shift(ShiftCommand::open, sent, guard)).fact, Fact::printed);
  EXPECT_TRUE(server.requests()[0].ends_with(sent.body));
}

TEST(BitDriver, ProbesWithoutSendingAByte) {
  ScriptedServer server({lost_answer()});
  EXPECT_TRUE(run(driver("bit", server.url())->probe()).up);
  EXPECT_EQ(server.requests().at(0), "");
  const ClosedPort nobody;
  EXPECT_FALSE(run(driver("bit", nobody.url())->probe()).up);
}

TEST(BitDriver, HasNothingToAsk) {
  const auto bit = driver("bit", "http://127.0.0.1:1");
  EXPECT_EQ(run(bit->ask(attempt(*bit, "1"))).fact, Fact::unknown);
  EXPECT_FALSE(bit->read_callback(attempt(*bit, "1"), "{}"));
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

const std::string kEmulator = "9999078900001234";
const std::string kZeroQr = "t=19700101T000000&s=0.00&fn=&i=0&fp=0000000000&n=0";
const std::string kUnregistered = replaced(kItems, R"("0000000001047487")", "null");

struct KindRow {
  const char* what;
  std::string protocol;
  std::string answer;
  std::string items;  // itkassa's list of registers, asked when the storage is not known yet
  bool probed;        // the list was read before
  Fact on_real;
  Cause cause_on_real;
  Cause cause_on_test;
};

std::vector<KindRow> kind_rows() {
  const std::string bit_real = R"([{"name":"receipt-700123","success":"ok","qr":")" + kQr + R"("}])";
  const std::string bit_silent = R"([{"name":"receipt-700123","success":"ok"}])";
  const std::string zero = replaced(replaced(replaced(kPrinted, kQr, kZeroQr), "\"1204\"", "\"0\""), kFn, "");
  return {
      {"an emulator's storage, BIT", "bit", replaced(bit_real, kFn, kEmulator), "", false, Fact::not_printed,
       Cause::test_register, Cause::none},
      {"an unsigned QR, BIT", "bit", replaced(bit_real, kQr, kZeroQr), "", false, Fact::not_printed,
       Cause::test_register, Cause::none},
      {"a real storage, BIT", "bit", bit_real, "", false, Fact::printed, Cause::none, Cause::test_register},
      {"nothing told, BIT", "bit", bit_silent, "", false, Fact::printed, Cause::none, Cause::none},
      {"an emulator's storage, itkassa", "itkassa", document(replaced(kPrinted, kFn, kEmulator)), kItems, false,
       Fact::not_printed, Cause::test_register, Cause::none},
      {"document number 0", "itkassa", document(zero), "", false, Fact::not_printed, Cause::test_register, Cause::none},
      {"no registration number", "itkassa", document(kPrinted), kUnregistered, false, Fact::not_printed,
       Cause::test_register, Cause::none},
      {"no registration number, nothing told", "itkassa",
       document(R"("queueItem":null,"resultItem":{"result":"success","creErrorId":"0"})"), kUnregistered, true,
       Fact::not_printed, Cause::test_register, Cause::none},
      {"a real storage, itkassa", "itkassa", document(kPrinted), kItems, false, Fact::printed, Cause::none,
       Cause::test_register},
  };
}

Finding heard(const KindRow& row, bool test) {
  std::vector<Scene> scenes;
  if (row.probed) scenes.push_back(answer(200, row.items));
  scenes.push_back(answer(200, row.answer));
  if (!row.items.empty() && !row.probed) scenes.push_back(answer(200, row.items));
  ScriptedServer server(scenes);
  const auto under_test = driver(row.protocol, server.url(), standard_durations(), test);
  if (row.probed) (void)run(under_test->probe());
  CountingGuard guard;
  return run(under_test->send(attempt(*under_test, row.protocol == "bit" ? "700123" : kKey), guard));
}

TEST(TestRegister, ItsDocumentIsNeverToldAsALegalReceipt) {
  for (const KindRow& row : kind_rows()) {
    const Finding found = heard(row, false);
    EXPECT_EQ(found.fact, row.on_real) << row.what;
    EXPECT_EQ(found.cause, row.cause_on_real) << row.what;
    EXPECT_EQ(found.alarm, row.cause_on_real == Cause::test_register) << row.what;
    EXPECT_EQ(found.document.has_value(), row.on_real == Fact::printed) << row.what;
    if (row.cause_on_real != Cause::test_register) continue;
    EXPECT_EQ(found.code, "test_register");
    EXPECT_NE(found.text.find("test: true"), std::string::npos) << found.text;
  }
}

TEST(TestRegister, OnlyOneThatIsSaidToBeATestsPrintsTests) {
  for (const KindRow& row : kind_rows()) {
    const Finding found = heard(row, true);
    ASSERT_EQ(found.fact, Fact::printed) << row.what;
    ASSERT_TRUE(found.document) << row.what;
    EXPECT_EQ(found.cause, row.cause_on_test) << row.what;
    const bool real = row.cause_on_test == Cause::test_register;
    EXPECT_EQ(found.document->test, !real) << row.what;
    EXPECT_EQ(found.alarm, real) << row.what;
    EXPECT_EQ(found.warning, real) << row.what;
    if (real) EXPECT_EQ(found.code, "real_storage") << row.what;
  }
}

TEST(TestRegister, ACallbackFollowsTheSameRule) {
  const std::string whole = document(replaced(kPrinted, kFn, kEmulator));
  const std::string bare = whole.substr(whole.find("{\"id\""), whole.size() - whole.find("{\"id\"") - 1);
  const auto real = driver("itkassa", "http://127.0.0.1:1");
  EXPECT_EQ(real->read_callback(attempt(*real), bare)->cause, Cause::test_register);
  EXPECT_EQ(real->read_callback(attempt(*real), bare)->fact, Fact::not_printed);
  const auto test = driver("itkassa", "http://127.0.0.1:1", standard_durations(), true);
  EXPECT_TRUE(test->read_callback(attempt(*test), bare)->document->test);
}

TEST(TestRegister, AShiftReportFollowsTheSameRule) {
  const std::string report = R"([{"name":"shift-5","success":"ok","fd_1040":7,"fn_1041":")" + kEmulator + R"("}])";
  for (const bool test : {false, true}) {
    ScriptedServer server({answer(200, report)});
    const auto bit = driver("bit", server.url(), standard_durations(), test);
    CountingGuard guard;
    AttemptRef sent;
    sent.key = "5";
    sent.body = bit->render_shift(ShiftCommand::close, till(), "5").body;
    const Finding found = run(bit->send_shift(ShiftCommand::close, sent, guard));
    EXPECT_EQ(found.fact, test ? Fact::printed : Fact::not_printed);
  }
}

// What every protocol must do with an answer that does not come.
class LostAnswers : public testing::TestWithParam<const char*> {
 protected:
  Finding send(const std::string& url, bool repeated = false, const Durations& durations = standard_durations(),
               bool guard_lets = true) {
    const auto under_test = driver(GetParam(), url, durations);
    AttemptRef sent = attempt(*under_test, "700123");
    sent.repeated = repeated;
    CountingGuard guard(guard_lets);
    return run(under_test->send(sent, guard));
  }
  static Durations short_ones() {
    Durations durations = standard_durations();
    durations.at("itkassa_timeout") = std::chrono::milliseconds(1000);
    durations.at("bit_connect_timeout") = durations.at("bit_timeout") = std::chrono::milliseconds(500);
    return durations;
  }
};

TEST_P(LostAnswers, Rule2_AClosedConnectionAfterTheRequestIsUnknownAndNothingIsRepeated) {
  ScriptedServer server({lost_answer()});
  const Finding found = send(server.url());
  EXPECT_EQ(found.fact, Fact::unknown);
  EXPECT_EQ(found.cause, Cause::ambiguous);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_P(LostAnswers, ACutAnswerIsUnknown) {
  ScriptedServer server({cut_answer(R"([{"name":"receipt-700123","succ)")});
  const Finding found = send(server.url());
  EXPECT_EQ(found.fact, Fact::unknown);
  EXPECT_NE(found.raw_answer.find("\"succ"), std::string::npos);
}

TEST_P(LostAnswers, AGatewaysErrorIsUnknown) {
  for (const int status : {500, 502, 503, 504}) {
    ScriptedServer server({answer(status, "<html>")});
    const Finding found = send(server.url());
    EXPECT_EQ(found.fact, Fact::unknown) << status;
    EXPECT_EQ(found.code, "http_" + std::to_string(status));
    EXPECT_EQ(found.raw_answer, "<html>");
  }
}

TEST_P(LostAnswers, SilenceIsUnknown) {
  ScriptedServer server({silence()});
  const Finding found = send(server.url(), false, short_ones());
  EXPECT_EQ(found.fact, Fact::unknown);
  EXPECT_EQ(found.code, "timeout");
}

TEST_P(LostAnswers, NothingWasSentWhenNobodyListens) {
  const ClosedPort nobody;
  const Finding found = send(nobody.url());
  EXPECT_EQ(found.fact, Fact::not_printed);
  EXPECT_EQ(found.cause, Cause::transient);
}

TEST_P(LostAnswers, NothingWasSentWhenTheGuardSaysNo) {
  ScriptedServer server({lost_answer()});
  const Finding found = send(server.url(), false, standard_durations(), false);
  EXPECT_EQ(found.fact, Fact::not_printed);
  EXPECT_EQ(found.code, "guard");
  EXPECT_EQ(server.requests().at(0), "");
}

TEST_P(LostAnswers, ARefusedAddressStopsTheRegister) {
  http::Network public_network({.allow_private = false});
  const auto strict =
      driver_of(document_of(GetParam(), "http://127.0.0.1:44735"), standard_durations(), public_network);
  CountingGuard guard;
  const Finding found = run(strict->send(attempt(*strict, "1"), guard));
  EXPECT_EQ(found.fact, Fact::not_printed);
  EXPECT_EQ(found.cause, Cause::register_fault);
  EXPECT_EQ(guard.armed, 0);
}

// Its names are looked up in its tenant's share (I7).
TEST_P(LostAnswers, EachRequestIsItsTenants) {
  struct Listening final : http::Transport {
    boost::asio::awaitable<Result<http::Response, http::Failure>> send(const http::Request& request,
                                                                       http::WriteGuard&) override {
      tenants.push_back(request.tenant.str());
      co_return tl::unexpected(http::Failure{http::Sent::nothing, http::kDns, "", ""});
    }
    std::vector<std::string> tenants;
  } listening;
  v1::Register document = document_of(GetParam(), "http://kkt.example.ru");
  document.set_tenant("acme");
  const auto driver = driver_of(document, standard_durations(), listening);
  http::NoGuard guard;
  (void)run(driver->send(attempt(*driver, "1"), guard));
  (void)run(driver->probe());
  EXPECT_EQ(listening.tenants, std::vector<std::string>(2, "acme"));
}

// The first post of the key may still print, whatever is said to the second.
TEST_P(LostAnswers, ARepeatsRefusalNeverProvesThatNothingWasPrinted) {
  for (const Scene& refusal : {answer(200, R"({"code":1,"message":"Поле lines не заполнено"})"), answer(401, ""),
                               answer(200, R"({"result":false,"error":"Неверный токен"})"),
                               answer(200, R"([{"name":"receipt-700123","error":"Неверная сумма"}])")}) {
    ScriptedServer server({refusal});
    EXPECT_EQ(send(server.url(), true).fact, Fact::unknown) << refusal.bytes;
  }
  const ClosedPort nobody;
  const Finding found = send(nobody.url(), true);
  EXPECT_EQ(found.fact, Fact::unknown);
  EXPECT_EQ(found.cause, Cause::transient);
}

TEST_P(LostAnswers, TheCredentialNeverLeavesInAFinding) {
  const std::string echo = R"({"result":false,"code":1,"error":"Неверный токен )" + kSecret + R"("})";
  ScriptedServer server({answer(200, echo)});
  const Finding found = send(server.url());
  EXPECT_EQ(found.fact, Fact::not_printed);
  EXPECT_NE(found.text.find("***"), std::string::npos);
  for (const std::string& text : {found.text, found.code, found.raw_answer})
    EXPECT_EQ(text.find(kSecret), std::string::npos) << text;
}

TEST_P(LostAnswers, KeepsAtMostTheLimitOfAnAnswer) {
  ScriptedServer server({answer(200, std::string(3 * kRawAnswerLimit, 'x'))});
  const Finding found = send(server.url());
  EXPECT_EQ(found.fact, Fact::unknown);
  EXPECT_EQ(found.raw_answer.size(), kRawAnswerLimit);
}

INSTANTIATE_TEST_SUITE_P(Protocols, LostAnswers, testing::Values("itkassa", "bit"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace kassaflow::registers
