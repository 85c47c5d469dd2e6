#include "operations.hpp"

#include <grpcpp/grpcpp.h>

#include <map>
#include <pqxx/pqxx>

#include "intake.hpp"
#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/receipts/machine.hpp"
#include "kassaflow/runtime/log.hpp"
#include "kassaflow/v1/fiscalizer.grpc.pb.h"

namespace kassaflow::fiscalizer {

using postgres::TextArray;

using receipts::State;
using runtime::Level;
using runtime::log;

namespace {

struct Refused {  // an operation that may not be done, with the reason for the operator
  grpc::StatusCode code;
  std::string why;
};

struct Receipt {
  State state = State::queued;
  std::uint64_t revision = 0;
  std::string tenant;
  double age_s = 0;
};

Receipt lock_receipt(pqxx::work& work, const std::string& id) {
  if (!receipts::is_uuid(id)) throw Refused{grpc::StatusCode::INVALID_ARGUMENT, "receipt_id is not a UUID: " + id};
  const auto rows = work.exec_params(
      "select state, revision, tenant, extract(epoch from now() - accepted_at) from receipts where id = $1::uuid for "
      "update",
      id);
  if (rows.empty()) throw Refused{grpc::StatusCode::NOT_FOUND, "the journal has no receipt " + id};
  return {receipts::state_from(rows[0][0].as<std::string>()).value(), rows[0][1].as<std::uint64_t>(),
          rows[0][2].as<std::string>(), rows[0][3].as<double>()};
}

void audit(pqxx::work& work, const std::string& actor, const std::string& receipt, const std::string& action) {
  work.exec_params("insert into audit (actor, receipt, action) values ($1, $2::uuid, $3)", actor, receipt, action);
}

struct Question {
  std::int64_t attempt = 0;
  std::uint32_t number = 0;
  std::string register_id;
  bool open = false;
  double age_s = 0;
};

// The attempt a person answers for: the only unanswered one, or the one named.
Question find_question(pqxx::work& work, const v1::ResolveRequest& request) {
  std::vector<Question> questions;
  for (const auto& row : work.exec_params("select id, number, register, outcome is null, extract(epoch from now() - "
                                          "coalesce(finished_at, started_at)) from attempts "
                                          "where receipt = $1::uuid and (outcome is null or (outcome = 'unknown' and "
                                          "question in ('open', 'asked'))) order by number for update",
                                          request.receipt_id())) {
    questions.push_back({row[0].as<std::int64_t>(), row[1].as<std::uint32_t>(), row[2].as<std::string>(),
                         row[3].as<bool>(), row[4].as<double>()});
  }
  std::erase_if(questions,
                [&](const auto& question) { return request.attempt() != 0 && question.number != request.attempt(); });
  if (questions.empty())
    throw Refused{grpc::StatusCode::FAILED_PRECONDITION, "no attempt of this receipt waits for an answer"};
  if (questions.size() > 1)
    throw Refused{grpc::StatusCode::FAILED_PRECONDITION,
                  "several attempts wait for an answer: name one with --attempt"};
  return questions.front();
}

}  // namespace

class Operations::Service final : public v1::Fiscalizer::Service {
 public:
  Service(postgres::Pool& pool, std::chrono::milliseconds quiet,
          std::function<std::optional<std::vector<Lane::View>>()> views,
          std::function<void(const std::string&)> settled, std::function<void(const Finished&)> finished,
          std::string worker)
      : pool_(pool),
        quiet_(quiet),
        views_(std::move(views)),
        settled_(std::move(settled)),
        finished_(std::move(finished)),
        worker_(std::move(worker)) {}

  grpc::Status Resolve(grpc::ServerContext*, const v1::ResolveRequest* request,
                       v1::OperationResponse* response) override {
    const auto& fiscal = request->fiscal();
    if (request->printed() && (fiscal.fn().empty() || fiscal.fd() == 0 || fiscal.fp().empty())) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "printed needs fn, fd and fp"};
    }
    std::string register_id;
    Receipt receipt;
    auto status = run([&](pqxx::work& work) {
      receipt = lock_receipt(work, request->receipt_id());
      if (!receipts::may_resolve(receipt.state)) {
        throw Refused{grpc::StatusCode::FAILED_PRECONDITION, "the receipt is " +
                                                                 std::string(receipts::to_string(receipt.state)) +
                                                                 ", only an uncertain one can be resolved"};
      }
      const auto question = find_question(work, *request);
      register_id = question.register_id;
      request->printed() ? resolve_printed(work, *request, question) : resolve_not_printed(work, *request, question);
      response->set_state(request->printed() ? v1::RECEIPT_STATE_DONE : v1::RECEIPT_STATE_QUEUED);
    });
    if (!status.ok()) return status;
    if (request->printed()) finished_({receipt.tenant, "done", receipt.age_s});
    settled_(register_id);
    return status;
  }

  grpc::Status Retry(grpc::ServerContext*, const v1::RetryRequest* request, v1::OperationResponse* response) override {
    return run([&](pqxx::work& work) {
      const auto receipt = lock_receipt(work, request->receipt_id());
      if (!receipts::may_retry(receipt.state)) {
        throw Refused{grpc::StatusCode::FAILED_PRECONDITION,
                      "the receipt is " + std::string(receipts::to_string(receipt.state)) +
                          ", only a held one, or a failed one that the portal was never told of, can be retried"};
      }
      if (receipt.state == State::failed && request->withheld_revision() != receipt.revision) {
        throw Refused{grpc::StatusCode::FAILED_PRECONDITION,
                      "the portal may have been told that it failed; print the check again from the portal"};
      }
      if (!read_again(work, request->receipt_id())) {
        throw Refused{grpc::StatusCode::FAILED_PRECONDITION,
                      "its record cannot be read by this version; see table unreadable of the journal"};
      }
      work.exec_params(
          "update receipts set state = 'queued', error = '', finished_at = null, revision = revision + 1, "
          "sequence = nextval('journal_sequence'), changed_at = now() where id = $1::uuid",
          request->receipt_id());
      audit(work, request->actor(), request->receipt_id(), "retry");
      response->set_state(v1::RECEIPT_STATE_QUEUED);
    });
  }

  grpc::Status Unsettled(grpc::ServerContext*, const v1::UnsettledRequest* request,
                         v1::UnsettledResponse* response) override {
    return run([&](pqxx::work& work) {
      response->Clear();
      for (const auto& row : work.exec_params(
               "select coalesce(receipt::text, 'shift') from attempts where register = $1 and (outcome is null or "
               "question in ('open', 'asked')) order by id limit 10",
               request->register_())) {
        response->add_receipt_ids(row[0].as<std::string>());
      }
    });
  }

  grpc::Status ListRegisters(grpc::ServerContext*, const v1::ListRegistersRequest*,
                             v1::ListRegistersResponse* response) override {
    const auto shown = views_();
    if (!shown) return {grpc::StatusCode::UNAVAILABLE, "the worker is busy or stopping"};
    const auto& views = *shown;
    std::map<std::string, std::uint64_t> queued;
    auto status = run([&](pqxx::work& work) {
      TextArray pools;
      for (const auto& view : views) pools.add(view.pool);
      for (const auto& row : work.exec_params(
               "select pool, count(*) from receipts where state = 'queued' and pool = any($1::text[]) group by pool",
               pools.str())) {
        queued[row[0].as<std::string>()] = row[1].as<std::uint64_t>();
      }
    });
    if (!status.ok()) return status;
    for (const auto& view : views) {
      auto* entry = response->add_registers();
      entry->set_register_(view.register_id);
      entry->set_pool(view.pool);
      entry->set_protocol(view.protocol);
      entry->set_up(view.up);
      entry->set_detail(view.detail);
      entry->set_shift(view.shift);
      entry->set_queue(queued[view.pool]);
      entry->set_printing(view.printing);
      entry->set_worker(worker_);
    }
    return grpc::Status::OK;
  }

 private:
  // A refusal leaves nothing behind.
  grpc::Status run(const std::function<void(pqxx::work&)>& body) {
    std::optional<Refused> refused;
    const auto done = pool_.run_blocking([&](pqxx::work& work) {
      try {
        body(work);
      } catch (const Refused& why) {
        refused = why;
        throw std::runtime_error(why.why);
      }
    });
    if (refused) return {refused->code, refused->why};
    if (!done) return {grpc::StatusCode::UNAVAILABLE, done.error().message};
    return grpc::Status::OK;
  }

  static void resolve_printed(pqxx::work& work, const v1::ResolveRequest& request, const Question& question) {
    const auto& fiscal = request.fiscal();
    const auto claimed = work.exec_params(
        "insert into documents (fn, fd, attempt, receipt) values ($1, $2, $3, $4::uuid) on conflict do nothing",
        fiscal.fn(), fiscal.fd(), question.attempt, request.receipt_id());
    if (claimed.affected_rows() == 0) {
      throw Refused{grpc::StatusCode::FAILED_PRECONDITION, "document " + std::to_string(fiscal.fd()) + " of FN " +
                                                               fiscal.fn() + " belongs to another receipt or report"};
    }
    work.exec_params(
        "update attempts set outcome = 'printed', question = 'settled', finished_at = coalesce(finished_at, now()), "
        "detail = $2 where id = $1",
        question.attempt, "printed, says " + request.actor());
    TextArray document;
    document.add_bytes(fiscal.SerializeAsString());
    work.exec_params(
        "update receipts set state = 'done', error = '', fiscal = ($2::bytea[])[1], finished_at = now(), "
        "revision = revision + 1, sequence = nextval('journal_sequence'), changed_at = now() where id = $1::uuid",
        request.receipt_id(), document.str());
    audit(work, request.actor(), request.receipt_id(),
          "resolved as printed: fn " + fiscal.fn() + " fd " + std::to_string(fiscal.fd()) + " fp " + fiscal.fp());
  }

  // Goes back to the queue once the bytes of the attempt can no longer arrive (exactly-once.md 6 and 16).
  void resolve_not_printed(pqxx::work& work, const v1::ResolveRequest& request, const Question& question) const {
    if (question.open) {
      throw Refused{grpc::StatusCode::FAILED_PRECONDITION,
                    "attempt " + std::to_string(question.number) +
                        " is still being settled with its register; wait or resolve it as printed"};
    }
    work.exec_params("update attempts set outcome = 'not_printed', question = 'settled', detail = $2 where id = $1",
                     question.attempt, "not printed, says " + request.actor());
    const auto rest_ms = std::max<std::int64_t>(0, quiet_.count() - static_cast<std::int64_t>(question.age_s * 1000));
    work.exec_params(
        "update receipts set state = 'queued', error = '', not_before = now() + make_interval(secs => $2::bigint / "
        "1000.0), revision = revision + 1, "
        "sequence = nextval('journal_sequence'), changed_at = now() where id = $1::uuid",
        request.receipt_id(), rest_ms);
    audit(work, request.actor(), request.receipt_id(),
          "resolved as not printed: attempt " + std::to_string(question.number));
  }

  postgres::Pool& pool_;
  std::chrono::milliseconds quiet_;
  std::function<std::optional<std::vector<Lane::View>>()> views_;
  std::function<void(const std::string&)> settled_;
  std::function<void(const Finished&)> finished_;
  std::string worker_;
};

Operations::Operations(postgres::Pool& pool, std::chrono::milliseconds quiet,
                       std::function<std::optional<std::vector<Lane::View>>()> views,
                       std::function<void(const std::string&)> settled, std::function<void(const Finished&)> finished,
                       std::string worker)
    : service_(std::make_unique<Service>(pool, quiet, std::move(views), std::move(settled), std::move(finished),
                                         std::move(worker))) {}

Operations::~Operations() = default;

void Operations::start(const std::string& address) {
  server_ = std::make_unique<rpc::Server>(address, *service_);
  log(Level::info, "grpc.listening", {{"port", server_->port()}});
}

void Operations::stop() {
  if (server_) server_->stop();
}

}  // namespace kassaflow::fiscalizer
