#pragma once
// The itkassa cloud (itkassa.md): a POST puts a document into the register's queue, the cloud executes it later, and
// the result is asked for by id or by key, or called back. A key is compared with the register's previous task only
// (§10). The platform opens and closes shifts itself, unless a register is left to its shop.
//
// What it may say besides the truth is handed in for each request and each task. A lie that no reader could see
// through (a refusal of the closed list for what was signed, a success for what was not) can be ordered too: whoever
// draws faults decides whether anybody is there to find it. Left out: /organization/settings, which nobody here calls.

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "fiscal_register.hpp"
#include "simulated_transport.hpp"

namespace kassaflow::simulation {

// What becomes of one request.
struct RequestFault {
  enum class Say : std::uint8_t {
    truth,
    words,             // `status`, `code` and `text` in the service's envelope
    page,              // `status`, HTML of something between
    empty_object,      // code 0 and no document
    rubbish,           // no JSON
    foreign_document,  // a document of somebody else
  };
  enum class Repeat : std::uint8_t { earlier_document, error, empty_object };  // how a key in a row is answered

  bool accepted = true;  // of a POST; false: it only says so
  bool twice = false;    // … accepted as two tasks: the cloud's deduplication has failed
  Clock::duration before_answer{};
  Say say = Say::truth;
  int status = 200;
  std::string code = "12";
  std::string text{};
  Repeat repeat = Repeat::earlier_document;
};

struct CallbackFault {
  enum class Say : std::uint8_t {
    truth,
    queued,          // without the result
    failure,         // critical_error with `code` and `text`, without attributes
    forged_success,  // of a document that no storage has signed
    foreign,         // somebody else's document
  };
  Clock::duration after{};  // the task's end
  Say say = Say::truth;
  std::string code{};
  std::string text{};
  bool wrong_secret = false;
};

// What becomes of one task.
struct TaskFault {
  enum class Say : std::uint8_t {
    truth,
    failure,             // critical_error with `code` and `text`
    success_with_error,  // success, `code` and `text`
    part_of_document,    // critical_error, and a number without a sign
    two_results,         // one beside the document, another in its result
    unknown_result,      // a word that is none
    nothing,             // it left the queue without a result (§6.3)
  };
  bool executed = true;        // false: the register never hears of it
  bool stuck = false;          // in the queue until release(), while others are executed
  Clock::duration in_queue{};  // … before it is executed
  Say say = Say::truth;
  std::string code{};
  std::string text{};
  int withheld = 0;        // so many questions do not show the attributes yet
  int old_state = 0;       // so many still hear that it is queued
  bool forgotten = false;  // questions find nothing; for deduplication it is still the previous task
  std::vector<CallbackFault> callbacks = {CallbackFault()};
};

// POST printResultUrl (§13).
struct Callback {
  std::string api_key;
  std::string organization_id;
  std::string body;
};

class ItkassaCloud final : public Host {
 public:
  static constexpr const char* kBase = "/open/api/v1";

  enum class Operation : std::uint8_t { post, by_id, by_key, registers };
  // A request, as whoever draws its fault sees it.
  struct Visit {
    Operation operation;
    std::string key;  // of a question by an id that nobody has, the id
  };
  // A task, as whoever draws its fault sees it.
  struct Job {
    const FiscalRegister& at;
    std::string key;
    std::string type;  // of its command
  };

  explicit ItkassaCloud(Agenda agenda) : agenda_(std::move(agenda)) {}

  // `api_key`: of the shop; a register belongs to one.
  void add(const std::string& api_key, const std::string& cre_item_id, FiscalRegister& at);
  // False: "shift closed" and its like are answered instead of opening and closing it.
  void manage_shifts(const std::string& cre_item_id, bool on) { lines_.at(cre_item_id).manages_shifts = on; }
  // The path by key lives without /open/api/v1 (§2).
  void keys_at_origin(bool on) { keys_at_origin_ = on; }
  // `post` answers with the HTTP status. Repeated with growing pauses until that is 200, five times at most.
  void call_back(const std::string& api_key, std::string secret,
                 std::function<boost::asio::awaitable<int>(Callback)> post);
  void request_fault(std::function<RequestFault(const Visit&)> draw) { draw_request_ = std::move(draw); }
  void task_fault(std::function<TaskFault(const Job&)> draw) { draw_task_ = std::move(draw); }

  // What is stuck is executed now.
  void release();
  // Tasks that were accepted under this key.
  [[nodiscard]] std::size_t tasks_of(std::string_view key) const;
  [[nodiscard]] std::string organization_of(const std::string& api_key) const;

  void take(const http::Request& request, Reply reply) override;

 private:
  struct Line;
  struct Task {
    std::string id;
    std::int64_t number = 0;
    Line* line = nullptr;
    std::string key;
    std::string type;
    std::string commands;  // as JSON
    Receipt receipt;
    std::string invalid;  // the server's validation, empty: good
    std::int64_t created_at_s = 0;
    TaskFault fault;
    bool finished = false;
    std::int64_t finished_at_s = 0;
    bool success = false;
    std::string code = "0";  // creErrorId
    std::string text;        // creErrorText
    const Document* document = nullptr;
  };
  struct Shop;
  // A register and its queue.
  struct Line {
    std::string cre_item_id;
    Shop* shop = nullptr;
    FiscalRegister* at = nullptr;
    bool manages_shifts = true;
    std::deque<Task*> queue;
    bool busy = false;
    Task* last = nullptr;  // accepted
  };
  struct Shop {
    std::string organization_id;
    std::string secret;
    std::function<boost::asio::awaitable<int>(Callback)> post;
  };
  enum class Shown : std::uint8_t { posted, asked, called_back };

  void post(const http::Request& request, Shop& shop, const Reply& reply);
  void show(Operation operation, std::string_view name, const Shop& shop, const Reply& reply);
  [[nodiscard]] std::string registers_of(const Shop& shop) const;
  [[nodiscard]] Task* find(std::string_view name, Operation operation, const Shop& shop);
  Task& accept(Line& line, Task read);
  void go_on(Line& line);
  void execute(Task& task);
  [[nodiscard]] FiscalRegister::Signed make(Task& task);
  void finish(Task& task);
  boost::asio::awaitable<void> deliver(Task& task, CallbackFault fault);
  std::string object_of(Task& task, Shown to);
  std::string callback_body(Task& task, const CallbackFault& fault);

  Agenda agenda_;
  std::map<std::string, Shop, std::less<>> shops_;  // by API key
  std::map<std::string, Line, std::less<>> lines_;  // by creItemId
  std::deque<Task> tasks_;
  std::map<std::string, Task*, std::less<>> by_id_;
  std::multimap<std::string, Task*, std::less<>> by_key_;
  std::vector<Task*> stuck_;
  bool keys_at_origin_ = false;
  std::function<RequestFault(const Visit&)> draw_request_ = [](const Visit&) { return RequestFault(); };
  std::function<TaskFault(const Job&)> draw_task_ = [](const Job&) { return TaskFault(); };
};

}  // namespace kassaflow::simulation
