// The whole tool against services of our own making.

#include "command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>
#include <boost/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "kassaflow/rpc/server.hpp"
#include "kassaflow/v1/fiscalizer.grpc.pb.h"
#include "kassaflow/v1/registry.grpc.pb.h"
#include "kassaflow/v1/status.grpc.pb.h"
#include "test_tokens.hpp"

namespace kassaflow::kassactl {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::HasSubstr;

struct FakeRegistry final : v1::Registry::Service {
  grpc::Status Apply(grpc::ServerContext*, const v1::ApplyRequest* request, v1::ApplyResponse* response) override {
    applied.push_back(*request);
    *response = answer;
    return grpc::Status::OK;
  }
  grpc::Status Get(grpc::ServerContext*, const v1::GetRequest* request, v1::GetResponse* response) override {
    if (request->kind() == "pool" && request->id() == "acme-shop") {
      response->mutable_document()->mutable_pool()->set_timezone("Europe/Moscow");
      return grpc::Status::OK;
    }
    if (request->id() != "acme-kkt-1") return {grpc::StatusCode::NOT_FOUND, "there is no register " + request->id()};
    v1::Register& entry = *response->mutable_document()->mutable_register_();
    entry.set_id("acme-kkt-1");
    entry.set_pool("acme-shop");
    entry.mutable_itkassa()->set_cre_item_id("11111111-2222-3333-4444-555555555555");
    response->set_callback_url("https://kassa.example.ru/callbacks/itkassa/token");
    return grpc::Status::OK;
  }
  grpc::Status List(grpc::ServerContext*, const v1::ListRequest* request, v1::ListResponse* response) override {
    if (request->kind() == "token") {
      for (const auto& token : tokens) *response->add_documents()->mutable_token() = token;
      return grpc::Status::OK;
    }
    for (const char* id : {"acme-kkt-1", "acme-kkt-2"}) response->add_documents()->mutable_register_()->set_id(id);
    return grpc::Status::OK;
  }
  grpc::Status Delete(grpc::ServerContext*, const v1::DeleteRequest*, v1::DeleteResponse*) override {
    return {grpc::StatusCode::FAILED_PRECONDITION, "pool/acme-shop is used by register/acme-kkt-1"};
  }
  std::vector<v1::ApplyRequest> applied;
  v1::ApplyResponse answer;
  std::vector<v1::Token> tokens;
};

// Two records in all, a page each.
grpc::Status page_of_two(const std::string& topic, const v1::ListSetAsideRequest& request,
                         v1::ListSetAsideResponse& response) {
  const std::int64_t next = request.has_after() ? request.after().offset() - 1 : 2;
  if (next == 0) return grpc::Status::OK;
  auto& place = *response.add_records()->mutable_place();
  place.set_topic(topic);
  place.set_offset(next);
  return grpc::Status::OK;
}

struct FakeStatus final : v1::Status::Service {
  grpc::Status Get(grpc::ServerContext*, const v1::GetReceiptRequest* request, v1::ReceiptView* view) override {
    if (request->receipt_id() != "known") return {grpc::StatusCode::NOT_FOUND, ""};
    v1::ReceiptOutcome& outcome = *view->mutable_outcome();
    outcome.set_receipt_id("known");
    outcome.set_pool(pool);
    outcome.set_total_kopecks(110620);
    v1::Attempt& attempt = *outcome.add_attempts();
    attempt.set_number(1);
    attempt.set_register_("acme-kkt-1");
    attempt.set_outcome(v1::ATTEMPT_OUTCOME_UNKNOWN);
    attempt.set_detail("the answer was lost" + said);
    return grpc::Status::OK;
  }
  grpc::Status List(grpc::ServerContext*, const v1::ListReceiptsRequest* request,
                    v1::ListReceiptsResponse* response) override {
    asked = *request;
    v1::ReceiptOutcome& outcome = *response->add_receipts()->mutable_outcome();
    outcome.set_receipt_id("known");
    outcome.set_error("no paper" + said);
    return grpc::Status::OK;
  }
  grpc::Status ListSetAside(grpc::ServerContext*, const v1::ListSetAsideRequest* request,
                            v1::ListSetAsideResponse* response) override {
    return page_of_two("kassaflow.outcomes", *request, *response);
  }
  v1::ListReceiptsRequest asked;
  std::string pool = "acme-shop";
  std::string said;  // by a register, beside the rest
};

struct FakeFiscalizer final : v1::Fiscalizer::Service {
  grpc::Status Resolve(grpc::ServerContext*, const v1::ResolveRequest* request,
                       v1::OperationResponse* response) override {
    resolved = *request;
    response->set_state(request->word() == v1::ResolveRequest::PRINTED ? v1::RECEIPT_STATE_DONE
                                                                       : v1::RECEIPT_STATE_QUEUED);
    return grpc::Status::OK;
  }
  grpc::Status Retry(grpc::ServerContext*, const v1::RetryRequest* request, v1::OperationResponse* response) override {
    if (request->receipt_id() != "failed") return {grpc::StatusCode::FAILED_PRECONDITION, "the receipt is done" + said};
    response->set_state(v1::RECEIPT_STATE_FAILED);
    response->set_note("it is queued later" + said);
    return grpc::Status::OK;
  }
  grpc::Status Fail(grpc::ServerContext*, const v1::FailRequest* request, v1::OperationResponse* response) override {
    failed = *request;
    response->set_state(v1::RECEIPT_STATE_FAILED);
    return grpc::Status::OK;
  }
  grpc::Status Hold(grpc::ServerContext*, const v1::HoldRequest* request, v1::OperationResponse* response) override {
    held = *request;
    response->set_state(v1::RECEIPT_STATE_HELD);
    return grpc::Status::OK;
  }
  grpc::Status ListRegisters(grpc::ServerContext*, const v1::ListRegistersRequest*,
                             v1::ListRegistersResponse* response) override {
    v1::RegisterStatus& entry = *response->add_registers();
    entry.set_register_("acme-kkt-1");
    entry.set_up(true);
    entry.set_worker("fiscalizer-1");
    entry.set_detail("ready" + said);
    return grpc::Status::OK;
  }
  grpc::Status BindStorage(grpc::ServerContext*, const v1::BindStorageRequest* request,
                           v1::StorageResponse* response) override {
    if (request->actor().empty()) return {grpc::StatusCode::INVALID_ARGUMENT, "no actor"};
    response->set_note("FN " + request->fn() + " is bound to " + request->register_() + said);
    return grpc::Status::OK;
  }
  grpc::Status Unbook(grpc::ServerContext*, const v1::UnbookRequest* request, v1::StorageResponse*) override {
    return {grpc::StatusCode::NOT_FOUND,
            "document " + std::to_string(request->fd()) + " of FN " + request->fn() + " belongs to nobody"};
  }
  grpc::Status ListSetAside(grpc::ServerContext*, const v1::ListSetAsideRequest* request,
                            v1::ListSetAsideResponse* response) override {
    return page_of_two("kassaflow.receipts", *request, *response);
  }
  v1::ResolveRequest resolved;
  v1::FailRequest failed;
  v1::HoldRequest held;
  std::string said;
};

std::string make_folder() {
  std::string name = std::filesystem::temp_directory_path() / "kassactl-test-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  return name;
}

class CommandLine : public testing::Test {
 protected:
  CommandLine() {
    std::ofstream(folder_ + "/token") << tokens_.give(v1::SCOPE_OPERATOR).reveal() << "\n";
    environment_ = {{"KASSAFLOW_REGISTRY_GRPC", rpc::local(registry_server_.port())},
                    {"KASSAFLOW_STATUS_GRPC", rpc::local(status_server_.port())},
                    {"KASSAFLOW_FISCALIZER_GRPC", rpc::local(fiscalizer_server_.port())},
                    {"KASSAFLOW_TLS_AUTHORITY_FILE", identity::files_of("registry").authority},
                    {"KASSAFLOW_TOKEN_FILE", folder_ + "/token"},
                    {"XDG_CONFIG_HOME", folder_},
                    {"USER", "tester"}};
  }
  ~CommandLine() override { std::filesystem::remove_all(folder_); }

  int call(const std::vector<std::string>& arguments, const std::string& input = "", bool interactive = false) {
    std::istringstream in(input);
    out_.str("");
    err_.str("");
    return run(arguments, environment_, in, out_, err_, interactive);
  }
  // A person at a terminal who types `answer`.
  int ask(const std::vector<std::string>& arguments, const std::string& answer) {
    return call(arguments, answer + "\n", true);
  }

  FakeRegistry registry_;
  FakeStatus status_;
  FakeFiscalizer fiscalizer_;
  rpc::TestTokens tokens_;
  rpc::Access access_{tokens_.find()};
  rpc::Server registry_server_{"127.0.0.1:0", identity::files_of("registry"), access_, registry_};
  rpc::Server status_server_{"127.0.0.1:0", identity::files_of("status"), access_, status_};
  rpc::Server fiscalizer_server_{"127.0.0.1:0", identity::files_of("fiscalizer"), access_, fiscalizer_};
  const std::string folder_ = make_folder();
  Environment environment_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(CommandLine, ApplyReportsEachDocumentAndShowsAMadeSecret) {
  v1::ApplyResult& result = *registry_.answer.add_results();
  result.set_kind("installation");
  result.set_id("acme-main");
  result.set_action("created");
  result.set_generated_secret("made-secret");
  EXPECT_EQ(call({"apply", "-f", "-"}, "kind: Installation\nid: acme-main\ntenant: acme\n"), 0);
  EXPECT_EQ(out_.str(), "installation/acme-main created, secret made-secret (shown only now)\n");
  EXPECT_THAT(registry_.applied.at(0).actor(), testing::StartsWith("tester@"));
}

TEST_F(CommandLine, ErrorsOfTheRegistryNameFileLineAndKey) {
  v1::ApplyError& error = *registry_.answer.add_errors();
  error.set_document(1);
  error.set_key("tenant");
  error.set_message("there is no tenant nobody");
  EXPECT_EQ(call({"apply", "-f", "-"}, "kind: Tenant\nid: a\n---\nkind: Pool\nid: p\ntenant: nobody\n"), 1);
  EXPECT_EQ(err_.str(), "-:6: pool/p: tenant: there is no tenant nobody\nnothing of - was applied\n");
}

TEST_F(CommandLine, NothingIsSentWhenAnyFileIsBroken) {
  const auto folder = std::filesystem::temp_directory_path() / ("kassactl_test." + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "good.yaml") << "kind: Tenant\nid: a\n";
  std::ofstream(folder / "bad.yaml") << "kind: Tenant\nid: b\ncolour: red\n";
  EXPECT_EQ(call({"apply", "-f", folder / "good.yaml", folder / "bad.yaml"}), 1);
  EXPECT_THAT(err_.str(),
              AllOf(HasSubstr("bad.yaml:3: tenant/b: colour: unknown key"), HasSubstr("nothing was applied")));
  EXPECT_TRUE(registry_.applied.empty());
  EXPECT_EQ(call({"apply", "-f", folder / "good.yaml", "-f", folder / "absent.yaml"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("absent.yaml: cannot be read as a file"));
  EXPECT_EQ(call({"apply", "-f", folder}), 1);
  EXPECT_THAT(err_.str(), HasSubstr(folder.string() + ": cannot be read as a file"));
  std::ofstream(folder / "empty.yaml") << "# nothing yet\n";
  EXPECT_EQ(call({"apply", "-f", folder / "good.yaml", "-f", folder / "empty.yaml"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("empty.yaml: holds no document"));
  EXPECT_EQ(call({"apply", "-f", "-"}), 1);
  EXPECT_TRUE(registry_.applied.empty());
  std::filesystem::remove_all(folder);
}

TEST_F(CommandLine, EachFileIsOneTransaction) {
  const auto folder = std::filesystem::temp_directory_path() / ("kassactl_test2." + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "1.yaml") << "kind: Tenant\nid: a\n---\nkind: Tenant\nid: b\n";
  std::ofstream(folder / "2.yaml") << "kind: Tenant\nid: c\n";
  EXPECT_EQ(call({"apply", "-f", folder / "1.yaml", folder / "2.yaml"}), 0);
  ASSERT_EQ(registry_.applied.size(), 2u);
  EXPECT_EQ(registry_.applied[0].documents_size(), 2);
  std::filesystem::remove_all(folder);
}

TEST_F(CommandLine, ALaggingServiceIsNamedAndTheExitCodeIsOne) {
  registry_.answer.add_lagging("ingress-2");
  EXPECT_EQ(call({"apply", "-f", "-"}, "kind: Tenant\nid: a\n"), 1);
  EXPECT_THAT(err_.str(), HasSubstr("ingress-2 has not taken the change over"));
}

TEST_F(CommandLine, OutputMayBeChosenAfterTheCommand) {
  EXPECT_EQ(call({"get", "Registers", "acme-kkt-1", "-o", "json"}), 0);
  const json::value shown = json::parse(out_.str());
  EXPECT_EQ(shown.at("callbackUrl"), "https://kassa.example.ru/callbacks/itkassa/token");
  EXPECT_EQ(shown.at("itkassa").at("creItemId"), "11111111-2222-3333-4444-555555555555");
  EXPECT_FALSE(shown.at("itkassa").as_object().contains("apiKey"));
  EXPECT_EQ(call({"-o", "yaml", "get", "register", "acme-kkt-1"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("callbackUrl: \"https://kassa.example.ru/callbacks/itkassa/token\"\n"));
  EXPECT_EQ(call({"get", "register"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("acme-kkt-2"));
}

TEST_F(CommandLine, WhatIsNotThereEndsWithAReason) {
  EXPECT_EQ(call({"get", "register", "other"}), 1);
  EXPECT_EQ(err_.str(), "there is no register other\n");
  EXPECT_EQ(call({"get", "shop"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("there is no kind shop"));
  EXPECT_EQ(call({"delete", "pool", "acme-shop"}), 1);
  EXPECT_EQ(err_.str(), "pool/acme-shop is used by register/acme-kkt-1\n");
  EXPECT_EQ(call({"receipts", "show", "unknown"}), 1);
  EXPECT_EQ(err_.str(), "there is no receipt unknown\n");
  EXPECT_NE(call({"receipts", "burn", "known"}), 0);
}

TEST_F(CommandLine, AnAddressThatIsNotSetIsNamed) {
  environment_.erase("KASSAFLOW_STATUS_GRPC");
  EXPECT_EQ(call({"receipts", "show", "known"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("KASSAFLOW_STATUS_GRPC is not set"));
}

TEST_F(CommandLine, ReceiptsAreFiltered) {
  EXPECT_EQ(call({"receipts", "list", "--tenant", "acme", "--pool", "acme-shop", "--state", "held", "--since",
                  "2026-06-01", "-o", "json"}),
            0);
  EXPECT_EQ(status_.asked.tenant(), "acme");
  EXPECT_EQ(status_.asked.pool(), "acme-shop");
  EXPECT_EQ(status_.asked.state(), v1::RECEIPT_STATE_HELD);
  EXPECT_EQ(status_.asked.since_ms(), 1780272000000);
  EXPECT_EQ(json::parse(out_.str()).at(0).at("id"), "known");
  EXPECT_EQ(call({"receipts", "list", "--state", "lost"}), 1);
  EXPECT_EQ(call({"receipts", "list", "--since", "lately"}), 1);
}

TEST_F(CommandLine, ResolveTellsTheWholeStory) {
  EXPECT_EQ(call({"receipts", "resolve", "known", "--printed", "--fn", "9289000100000001", "--fd", "42", "--fp",
                  "0123456789", "--attempt", "2"}),
            0);
  EXPECT_EQ(out_.str(), "known is now done\n");
  EXPECT_EQ(fiscalizer_.resolved.attempt(), 2u);
  EXPECT_EQ(fiscalizer_.resolved.fiscal().fd(), 42u);
  EXPECT_EQ(fiscalizer_.resolved.fiscal().fp(), "0123456789");
  EXPECT_THAT(fiscalizer_.resolved.actor(), testing::StartsWith("tester@"));
  EXPECT_EQ(call({"receipts", "resolve", "known", "--not-printed"}), 0);
  EXPECT_FALSE(fiscalizer_.resolved.has_fiscal());
}

TEST_F(CommandLine, WhatWasSetAsideIsReadPageByPage) {
  const auto offsets = [&] {
    std::string told;
    const json::value shown = json::parse(out_.str());
    for (const auto& record : shown.as_array())
      told +=
          std::string(record.at("service").as_string()) + " " + std::to_string(record.at("offset").as_int64()) + ",";
    return told;
  };
  EXPECT_EQ(call({"set-aside", "list", "-o", "json"}), 0);
  EXPECT_EQ(offsets(), "fiscalizer 2,fiscalizer 1,status 2,status 1,");
  EXPECT_EQ(call({"set-aside", "list", "--limit", "1", "-o", "json"}), 0);
  EXPECT_EQ(offsets(), "fiscalizer 2,status 2,");
}

TEST_F(CommandLine, APersonSaysWhoseAStorageIs) {
  EXPECT_EQ(call({"storages", "bind", "9289000100000001", "acme-kkt-1"}), 0);
  EXPECT_EQ(out_.str(), "FN 9289000100000001 is bound to acme-kkt-1\n");
  EXPECT_EQ(call({"storages", "unbook", "9289000100000001", "42"}), 1);
  EXPECT_EQ(err_.str(), "document 42 of FN 9289000100000001 belongs to nobody\n");
  EXPECT_NE(call({"storages", "bind", "9289000100000001"}), 0);
}

TEST_F(CommandLine, ResolveRefusesHalfAStory) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"receipts", "resolve", "known"},
           {"receipts", "resolve", "known", "--printed"},
           {"receipts", "resolve", "known", "--printed", "--fn", "9289000100000001", "--fd", "42"},
           {"receipts", "resolve", "known", "--printed", "--not-printed", "--fn", "9289000100000001", "--fd", "42",
            "--fp", "1"},
           {"receipts", "resolve", "known", "--not-printed", "--fn", "9289000100000001"},
           {"receipts", "resolve", "known", "--printed", "--fn", "92890001", "--fd", "42", "--fp", "1"},
           {"receipts", "resolve", "known", "--printed", "--fn", "9289000100000001", "--fd", "0", "--fp", "1"},
           {"receipts", "resolve", "known", "--printed", "--fn", "9289000100000001", "--fd", "42", "--fp", "abc"},
       }) {
    EXPECT_NE(call(arguments), 0);
    EXPECT_EQ(fiscalizer_.resolved.receipt_id(), "");
  }
}

std::vector<std::string> printed_at(const std::string& at) {
  return {"receipts", "resolve", "known", "--printed", "--fn", "9289000100000001",
          "--fd",     "42",      "--fp",  "1",         "--at", at};
}

TEST_F(CommandLine, ATimeIsTheRegistersUnlessItHasAZone) {
  for (const char* at : {"2026-06-01T11:00:00", "2026-06-01T08:00:00Z", "2026-06-01T13:00:00+05:00"}) {
    EXPECT_EQ(call(printed_at(at)), 0) << err_.str();
    EXPECT_EQ(fiscalizer_.resolved.fiscal().printed_at_s(), 1780300800) << at;
  }
  EXPECT_EQ(call({"receipts", "resolve", "known", "--printed", "--fn", "9289000100000001", "--fd", "42", "--fp", "1"}),
            0);
  EXPECT_EQ(fiscalizer_.resolved.fiscal().printed_at_s(), 0) << "nobody said when";
}

TEST_F(CommandLine, ATimeThatCannotBeIsRefused) {
  for (const char* at : {"yesterday", "2126-06-01T11:00:00", "1026-06-01T11:00:00Z"}) {
    EXPECT_EQ(call(printed_at(at)), 1);
    EXPECT_THAT(err_.str(), testing::StartsWith("--at")) << at;
  }
  status_.pool = "gone";
  EXPECT_EQ(call(printed_at("2026-06-01T11:00:00")), 1);
  EXPECT_THAT(err_.str(), HasSubstr("write --at with one"));
  EXPECT_NE(call({"receipts", "resolve", "known", "--not-printed", "--at", "2026-06-01T11:00:00"}), 0);
  EXPECT_EQ(fiscalizer_.resolved.receipt_id(), "");
}

TEST_F(CommandLine, FailAndHoldNeedAReason) {
  EXPECT_EQ(call({"receipts", "fail", "known", "--reason", "заказ отменён"}), 0);
  EXPECT_EQ(out_.str(), "known is now failed\n");
  EXPECT_EQ(fiscalizer_.failed.reason(), "заказ отменён");
  EXPECT_FALSE(fiscalizer_.failed.not_printed());
  EXPECT_THAT(fiscalizer_.failed.actor(), testing::StartsWith("tester@"));
  EXPECT_EQ(call({"receipts", "fail", "known", "--reason", "x", "--not-printed", "--attempt", "2"}), 0);
  EXPECT_TRUE(fiscalizer_.failed.not_printed());
  EXPECT_EQ(fiscalizer_.failed.attempt(), 2U);
  EXPECT_EQ(call({"receipts", "hold", "known", "--reason", "спросить магазин", "-o", "json"}), 0);
  EXPECT_EQ(json::parse(out_.str()), json::parse(R"({"id": "known", "state": "held"})"));
  EXPECT_EQ(fiscalizer_.held.reason(), "спросить магазин");
  EXPECT_THAT(fiscalizer_.held.actor(), testing::StartsWith("tester@"));
  fiscalizer_.failed.Clear();
  EXPECT_NE(call({"receipts", "fail", "known"}), 0);
  EXPECT_NE(call({"receipts", "hold", "known"}), 0);
  EXPECT_NE(call({"receipts", "fail", "known", "--reason", "x", "--attempt", "2"}), 0) << "of which nothing is said";
  EXPECT_EQ(fiscalizer_.failed.receipt_id(), "");
}

TEST_F(CommandLine, WhatIsStillToComeIsTold) {
  EXPECT_EQ(call({"receipts", "retry", "failed"}), 0);
  EXPECT_EQ(out_.str(), "failed is now failed: it is queued later\n");
  EXPECT_EQ(call({"receipts", "retry", "failed", "-o", "json"}), 0);
  EXPECT_EQ(json::parse(out_.str()).at("note"), "it is queued later");
}

TEST_F(CommandLine, APersonIsShownWhatIsKnownAndAsked) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"receipts", "resolve", "known", "--not-printed"},
                                                                     {"receipts", "fail", "known", "--reason", "x"}}) {
    EXPECT_EQ(ask(arguments, "n"), 1);
    EXPECT_THAT(err_.str(), AllOf(HasSubstr("1106.20"), HasSubstr("the answer was lost"),
                                  HasSubstr("attempt 1 on acme-kkt-1 (unknown)?"), HasSubstr("nothing was changed")));
    EXPECT_EQ(out_.str(), "");
    EXPECT_EQ(fiscalizer_.resolved.receipt_id() + fiscalizer_.failed.receipt_id(), "");
  }
  EXPECT_EQ(ask({"receipts", "resolve", "known", "--not-printed", "-o", "json"}, "y"), 0);
  EXPECT_EQ(json::parse(out_.str()).at("state"), "queued");
  EXPECT_EQ(ask({"receipts", "fail", "known", "--reason", "x", "--yes"}, "n"), 0);
  EXPECT_THAT(err_.str(), testing::Not(HasSubstr("[y/N]")));
}

TEST_F(CommandLine, OperationsTryTheWorkersInTurn) {
  environment_["KASSAFLOW_FISCALIZER_GRPC"] = "127.0.0.1:1," + environment_["KASSAFLOW_FISCALIZER_GRPC"];
  EXPECT_EQ(call({"receipts", "resolve", "known", "--not-printed"}), 0);
  EXPECT_EQ(call({"receipts", "retry", "known"}), 1);
  EXPECT_EQ(err_.str(), "the receipt is done\n");
}

// What a register, a portal or another process says ends no line and gives a terminal no order, wherever it is shown.
TEST_F(CommandLine, WhatOthersSayForgesNoLine) {
  const std::string said = "\r\nknown  done\x1B[1A\x1B[2K\u202E\u200B";
  status_.said = fiscalizer_.said = said;
  v1::ApplyResult& result = *registry_.answer.add_results();
  result.set_kind("tenant");
  result.set_id("acme" + said);
  registry_.answer.add_lagging("status-1" + said);
  const std::string file = testing::TempDir() + "command_line_test_" + std::to_string(getpid()) + ".yaml";
  std::ofstream(file) << "kind: Tenant\nid: acme\nname: A\n";
  struct Case {
    std::vector<std::string> arguments;
    std::string input;
    int lines;  // of standard output and error together
  };
  const auto expect_lines = [&](const Case& each) {
    (void)call(each.arguments, each.input, !each.input.empty());
    const std::string shown = out_.str() + err_.str();
    EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), each.lines) << shown;
    for (const char* unseen : {"\r", "\x1B", "\u202E", "\u200B"}) EXPECT_THAT(shown, testing::Not(HasSubstr(unseen)));
    EXPECT_THAT(shown, HasSubstr(R"(\u001b[1A\u001b[2K\u202e\u200b)"));
  };
  for (const Case& each : {Case{{"receipts", "list"}, "", 2}, Case{{"receipts", "retry", "failed"}, "", 1},
                           Case{{"receipts", "retry", "known"}, "", 1}, Case{{"registers", "list"}, "", 3},
                           Case{{"apply", "-f", file}, "", 2}}) {
    expect_lines(each);
  }
  (void)call({"receipts", "show", "known"});
  const std::string plain = out_.str();
  status_.said.clear();
  (void)call({"receipts", "show", "known"});
  EXPECT_EQ(std::count(plain.begin(), plain.end(), '\n'), std::ranges::count(out_.str(), '\n'));

  registry_.answer.Clear();
  v1::ApplyError& error = *registry_.answer.add_errors();
  error.set_key("name" + said);
  error.set_message("is wrong" + said);
  expect_lines({{"apply", "-f", file}, "", 2});
  std::ofstream(file) << "kind: Tenant\nid: acme\n\"x\\e[2K\\n\\u202E\": 1\n";
  (void)call({"apply", "-f", file});
  EXPECT_EQ(err_.str(), file + R"(:3: tenant/acme: x\u001b[2K\n\u202e: unknown key)" + "\nnothing was applied\n");
  std::filesystem::remove(file);
}

TEST_F(CommandLine, AnAddressThatIsNoneIsNotQuoted) {
  for (const char* wrong : {"postgresql://user:CANARY@db/name", "CANARY", "user:CANARY@host:1", "host:1,CANARY@x"}) {
    environment_["KASSAFLOW_REGISTRY_GRPC"] = wrong;
    EXPECT_EQ(call({"registers", "list"}), 1);
    EXPECT_EQ(err_.str(), "KASSAFLOW_REGISTRY_GRPC is not host:port[,host:port…]\n");
  }
}

TEST_F(CommandLine, RegistersWithoutAWorkerAreListedToo) {
  EXPECT_EQ(call({"registers", "list", "-o", "json"}), 0);
  const json::array registers = json::parse(out_.str()).as_array();
  ASSERT_EQ(registers.size(), 2u);
  EXPECT_EQ(registers[0].at("up"), true);
  EXPECT_EQ(registers[1].at("register"), "acme-kkt-2");
  EXPECT_EQ(registers[1].at("detail"), "no worker runs it");
}

TEST_F(CommandLine, ATokenIsShownOnceAndTheRegistryIsToldItsHash) {
  EXPECT_EQ(
      call({"tokens", "create", "anna", "--scope", "tenant-admin", "--tenant", "acme", "--valid", "12h", "-o", "json"}),
      0)
      << err_.str();
  const auto shown = json::parse(out_.str()).as_object();
  const std::string token(shown.at("token").as_string());
  const v1::Token& told = registry_.applied.at(0).documents(0).token();
  EXPECT_EQ(told.hash(), rpc::hash_of(token));
  EXPECT_EQ(registry_.applied.at(0).ShortDebugString().find(token), std::string::npos);
  EXPECT_EQ(told.id() + " " + told.tenant(), "anna acme");
  EXPECT_EQ(told.scope(), v1::SCOPE_TENANT_ADMIN);
  const auto left = *rpc::parse_time(told.expires()) - std::chrono::system_clock::now();
  EXPECT_LE(left, std::chrono::hours(12));
  EXPECT_GT(left, std::chrono::hours(11));
}

TEST_F(CommandLine, ATokenThatCannotBeIsRefused) {
  EXPECT_EQ(call({"tokens", "create", "anna", "--scope", "root"}), 1);
  EXPECT_EQ(err_.str(), "--scope is operator, service, tenant-admin or tenant-viewer\n");
  for (const auto* valid : {"", "soon", "2026-06-01", "-1d"})
    EXPECT_NE(call({"tokens", "create", "anna", "--scope", "operator", "--valid", valid}), 0) << valid;
  v1::ApplyError& error = *registry_.answer.add_errors();
  error.set_key("tenant");
  error.set_message("there is no tenant nobody");
  EXPECT_EQ(call({"tokens", "create", "anna", "--scope", "tenant-viewer", "--tenant", "nobody"}), 1);
  EXPECT_EQ(err_.str(), "token/anna: tenant: there is no tenant nobody\n");
  EXPECT_EQ(out_.str(), "") << "nobody is shown a token that opens nothing";
}

TEST_F(CommandLine, LoginKeepsATokenThatTheRegistryKnows) {
  environment_.erase("KASSAFLOW_TOKEN_FILE");
  EXPECT_EQ(call({"registers", "list"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("kassactl login"));
  EXPECT_EQ(call({"login"}, "kft_unknown\n"), 1);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/kassaflow/token"));
  const auto token = tokens_.give(v1::SCOPE_OPERATOR);
  v1::Token& known = registry_.tokens.emplace_back();
  known.set_id("oleg");
  known.set_scope(v1::SCOPE_OPERATOR);
  known.set_hash(rpc::hash_of(token.reveal()));
  known.set_expires("2099-01-01T00:00:00Z");
  EXPECT_EQ(call({"login"}, token.reveal() + "\n"), 0) << err_.str();
  EXPECT_EQ(out_.str(), "logged in as oleg, operator, valid until 2099-01-01T00:00:00Z\n");
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(folder_ + "/kassaflow/token").permissions(),
            perms::owner_read | perms::owner_write);
  EXPECT_EQ(call({"registers", "list"}), 0) << err_.str();
}

// What stands there by mistake is another secret: it goes to nobody, and into no text.
TEST_F(CommandLine, WhatIsNoTokenIsNotSent) {
  EXPECT_EQ(call({"login"}, "postgresql://kassaflow:secret@db/kassaflow\n"), 1);
  EXPECT_EQ(err_.str(), "standard input holds no token: one begins with kft_\n");
  EXPECT_EQ(call({"login"}, ""), 1);
  EXPECT_EQ(err_.str(), "standard input holds no token\n");
  environment_["KASSAFLOW_TOKEN_FILE"] = "/nowhere";
  EXPECT_EQ(call({"registers", "list"}), 1);
  EXPECT_EQ(err_.str(), "KASSAFLOW_TOKEN_FILE cannot be read\n");
}

TEST_F(CommandLine, TheServicesAuthorityMustBeKnown) {
  environment_["KASSAFLOW_TLS_AUTHORITY_FILE"] = identity::stranger("registry").authority;
  EXPECT_EQ(call({"registers", "list"}), 1);
  environment_.erase("KASSAFLOW_TLS_AUTHORITY_FILE");
  EXPECT_EQ(call({"registers", "list"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("KASSAFLOW_TLS_AUTHORITY_FILE is not set"));
}

}  // namespace
}  // namespace kassaflow::kassactl
