#include "itkassa_cloud.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <optional>

#include "itkassa_documents.hpp"
#include "json_text.hpp"
#include "kassaflow/base/check.hpp"

namespace kassaflow::simulation {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;
using Say = TaskFault::Say;

constexpr int kCallbackAttempts = 5;
constexpr std::string_view kSuccess = "success";
constexpr std::string_view kCriticalError = "critical_error";
// What a test register shows (§12).
constexpr std::string_view kTestQr = "t=19700101T000000&s=0.00&fn=&i=0&fp=0000000000&n=0";

std::string guid(const char* beginning, std::int64_t number) {
  char text[40];
  std::snprintf(text, sizeof text, "%s-0000-4000-8000-%012lld", beginning, static_cast<long long>(number));
  return text;
}

std::string iso(std::int64_t unix_s) { return utc_time(unix_s, "%Y-%m-%dT%H:%M:%S+00:00"); }

std::string_view view_of(const json::value* value) {
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

http::Response answer(int status, std::string body, const char* type = "application/json;charset=UTF-8") {
  return {.status = status, .content_type = type, .location = {}, .body = std::move(body)};
}

std::string envelope(std::string_view object) { return JsonObject().number("code", 0).raw("object", object).str(); }

http::Response refusal(int status, std::string_view code, std::string_view message) {
  return answer(status, JsonObject().raw("code", code).text("message", message).str());
}

// The document of other software of the shop: another key, another content.
std::string foreign_object() {
  return JsonObject()
      .text("id", "ffffffff-0000-4000-8000-000000000001")
      .text("type", "sale")
      .text("idempKey", "ffffffff-0000-4000-8000-000000000002")
      .text("creItemId", "ffffffff-0000-4000-8000-000000000003")
      .text("checkNumber", "7")
      .text("fsNumber", "7380440999999999")
      .text("checkSign", "1234567890")
      .raw("resultItem", JsonObject().text("creErrorId", "0").text("result", kSuccess).str())
      .str();
}

// `fault` in the place of `truth`, where it wants so.
http::Response said(const RequestFault& fault, http::Response truth) {
  switch (fault.say) {
    case RequestFault::Say::truth:
      return truth;
    case RequestFault::Say::words:
      return refusal(fault.status, fault.code, fault.text);
    case RequestFault::Say::page:
      return answer(fault.status, "<html><body>" + std::to_string(fault.status) + "</body></html>", "text/html");
    case RequestFault::Say::empty_object:
      return answer(200, envelope("null"));
    case RequestFault::Say::rubbish:
      return answer(fault.status, "{\"code\": 0, \"object\": {\"id\"");
    case RequestFault::Say::foreign_document:
      return answer(200, envelope(foreign_object()));
  }
  never();
}

struct ResultFields {
  std::string_view result = kSuccess;
  std::string_view code = "0";
  std::string_view text;
};

std::string result_item(const ResultFields& fields, std::string_view id, std::int64_t number, std::string_view commands,
                        std::int64_t at_s) {
  const std::string at = iso(at_s);
  return JsonObject()
      .text("id", guid("cccccccc", number))
      .number("queueItemId", number)
      .text("creErrorId", fields.code)
      .text("creErrorText", fields.text)
      .text("commands", commands)
      .text("result", fields.result)
      .text("printedAt", at)
      .text("createdAt", at)
      .text("updatedAt", at)
      .text("printDocumentId", id)
      .str();
}

void add_attributes(JsonObject& object, const Document& document, bool test, bool only_number) {
  object.text("sessionNumber", std::to_string(document.shift));
  if (test) {
    object.text("checkNumber", "0").text("checkUrl", kTestQr).text("checkUrlOfd", "");
    return;
  }
  object.text("checkNumber", std::to_string(document.fd)).text("fsNumber", document.fn);
  if (only_number) return;
  object.text("checkSign", document.fp)
      .text("checkUrl", document.qr)
      .text("checkUrlOfd", "")
      .text("checkDate", utc_time(document.printed_at_s, "%Y-%m-%d %H:%M:%S"));
}

}  // namespace

void ItkassaCloud::add(const std::string& api_key, const std::string& cre_item_id, FiscalRegister& at) {
  Shop& shop = shops_[api_key];
  if (shop.organization_id.empty()) shop.organization_id = guid("bbbbbbbb", static_cast<std::int64_t>(shops_.size()));
  Line& line = lines_[cre_item_id];
  line.cre_item_id = cre_item_id;
  line.shop = &shop;
  line.at = &at;
  at.when_online([this, &line] { go_on(line); });
}

void ItkassaCloud::call_back(const std::string& api_key, std::string secret,
                             std::function<asio::awaitable<int>(Callback)> post) {
  Shop& shop = shops_.at(api_key);
  shop.secret = std::move(secret);
  shop.post = std::move(post);
}

std::string ItkassaCloud::organization_of(const std::string& api_key) const {
  return shops_.at(api_key).organization_id;
}

std::size_t ItkassaCloud::tasks_of(std::string_view key) const { return by_key_.count(key); }

// --- requests ---

void ItkassaCloud::take(const http::Request& request, Reply reply) {
  const auto shop = shops_.find(header_of(request, "X-Api-Key"));
  if (shop == shops_.end()) return reply(refusal(401, "401", "Неверный ключ API"));
  std::string_view path = path_of(request.url);
  const bool at_base = path.starts_with(kBase);
  if (at_base) path.remove_prefix(std::string_view(kBase).size());
  constexpr std::string_view kDocuments = "/print-documents";
  constexpr std::string_view kByKey = "/idempotent";

  if (request.method == "POST" && at_base && path == kDocuments) return post(request, shop->second, reply);
  if (request.method == "GET" && at_base && path == "/cre/items/") {
    const RequestFault fault = draw_request_({Operation::registers, {}});
    return agenda_.after(fault.before_answer, [this, fault, &shop = shop->second, reply = std::move(reply)] {
      reply(said(fault, answer(200, registers_of(shop))));
    });
  }
  if (request.method == "GET" && path.starts_with(kDocuments) && path.size() > kDocuments.size() + 1) {
    path.remove_prefix(kDocuments.size() + 1);
    const bool by_key = path.ends_with(kByKey);
    if (by_key) path.remove_suffix(kByKey.size());
    if (at_base != (by_key && keys_at_origin_)) {
      return show(by_key ? Operation::by_key : Operation::by_id, path, shop->second, reply);
    }
  }
  reply(answer(404, "<html><body>404</body></html>", "text/html"));
}

void ItkassaCloud::post(const http::Request& request, Shop& shop, const Reply& reply) {
  json::error_code error;
  const json::value document = json::parse(request.body, error);
  if (error || !document.is_object()) return reply(refusal(400, "400", "Недопустимый запрос: это не JSON"));
  const json::object& members = document.get_object();
  const auto line = lines_.find(view_of(members.if_contains("creItemId")));
  if (line == lines_.end()) return reply(refusal(404, "404", "Касса не найдена"));
  if (line->second.shop != &shop) return reply(refusal(401, "401", "Нет доступа к кассе"));
  const json::value* commands = members.if_contains("commands");
  const bool one_command = commands != nullptr && commands->is_array() && commands->get_array().size() == 1 &&
                           commands->get_array()[0].is_object();
  if (!one_command) return reply(refusal(400, "400", "Недопустимое поле commands: ожидается одна команда"));

  Task read;
  read.line = &line->second;
  read.key = view_of(members.if_contains("idempKey"));
  read.commands = json::serialize(*commands);
  const json::value& command = commands->get_array()[0];
  read.type = view_of(command.get_object().if_contains("type"));
  if (settlement_type_of(read.type) != 0) {
    tl::expected<Receipt, std::string> receipt = read_receipt(command);
    if (receipt) {
      read.receipt = std::move(*receipt);
    } else {
      read.invalid = std::move(receipt.error());
    }
  } else if (read.type != "openSession" && read.type != "closeSession") {
    read.invalid = "Недопустимое значение поля type: " + read.type;
  }

  const RequestFault fault = draw_request_({Operation::post, read.key});
  check(fault.accepted || fault.say != RequestFault::Say::truth, "the truth about what was not accepted is silence");
  Task* task = nullptr;
  bool ignored = false;
  if (fault.accepted) {
    Line& to = line->second;
    ignored = !read.key.empty() && to.last != nullptr && to.last->key == read.key;  // in a row (§10)
    if (!ignored) {
      task = &accept(to, read);
      if (fault.twice) accept(to, std::move(read)).fault = task->fault;  // both have the same fate
    } else {
      task = to.last;
    }
  }
  agenda_.after(fault.before_answer, [this, fault, task, ignored, reply] {
    if (fault.say != RequestFault::Say::truth) return reply(said(fault, {}));
    if (ignored && fault.repeat == RequestFault::Repeat::error) {
      return reply(refusal(200, "12", "Задание с таким idempKey уже принято"));
    }
    if (ignored && fault.repeat == RequestFault::Repeat::empty_object) return reply(answer(200, envelope("null")));
    reply(answer(200, envelope(object_of(*task, Shown::posted))));
  });
  if (task != nullptr) go_on(*task->line);
}

void ItkassaCloud::show(Operation operation, std::string_view name, const Shop& shop, const Reply& reply) {
  Task* const task = find(name, operation, shop);
  const RequestFault fault = draw_request_({operation, task != nullptr ? task->key : std::string(name)});
  agenda_.after(fault.before_answer, [this, fault, task, reply] {
    if (fault.say != RequestFault::Say::truth) return reply(said(fault, {}));
    if (task == nullptr || task->fault.forgotten) return reply(refusal(404, "404", "Документ не найден"));
    reply(answer(200, envelope(object_of(*task, Shown::asked))));
  });
}

// Of two tasks with one key the first.
ItkassaCloud::Task* ItkassaCloud::find(std::string_view name, Operation operation, const Shop& shop) {
  Task* task = nullptr;
  if (operation == Operation::by_key) {
    const auto found = by_key_.lower_bound(name);
    if (found != by_key_.end() && found->first == name) task = found->second;
  } else if (const auto found = by_id_.find(name); found != by_id_.end()) {
    task = found->second;
  }
  return task != nullptr && task->line->shop == &shop ? task : nullptr;
}

// --- the queue ---

ItkassaCloud::Task& ItkassaCloud::accept(Line& line, Task read) {
  Task& task = tasks_.emplace_back(std::move(read));
  task.number = static_cast<std::int64_t>(tasks_.size());
  task.id = guid("aaaaaaaa", task.number);
  task.created_at_s = agenda_.clock().unix_s();
  task.fault = draw_task_({*line.at, task.key, task.type});
  check(task.fault.executed || task.fault.say != Say::truth, "the truth about what is not executed is that it waits");
  by_id_.emplace(task.id, &task);
  by_key_.emplace(task.key, &task);
  line.last = &task;
  line.queue.push_back(&task);
  return task;
}

void ItkassaCloud::go_on(Line& line) {
  if (line.busy || line.queue.empty() || !line.at->online()) return;
  Task& task = *line.queue.front();
  if (task.fault.stuck) {
    line.queue.pop_front();
    stuck_.push_back(&task);
    return go_on(line);
  }
  line.busy = true;
  agenda_.after(task.fault.in_queue, [this, &line, &task] {
    line.busy = false;
    if (!line.at->online()) return;  // the queue stands still
    line.queue.pop_front();
    execute(task);
    go_on(line);
  });
}

void ItkassaCloud::release() {
  for (Task* task : std::exchange(stuck_, {})) {
    task->fault.stuck = false;
    task->line->queue.push_back(task);
    go_on(*task->line);
  }
}

FiscalRegister::Signed ItkassaCloud::make(Task& task) {
  FiscalRegister& at = *task.line->at;
  const Origin origin{task.key, task.id};
  if (task.type == "openSession") return at.open_shift(origin);
  if (task.type == "closeSession") return at.close_shift(origin);
  if (task.line->manages_shifts) {  // as the cashier does, without our key
    if (at.shift() == FiscalRegister::Shift::expired) at.close_shift_by_hand();
    if (at.shift() == FiscalRegister::Shift::closed) at.open_shift_by_hand();
  }
  return at.print(task.receipt, origin);
}

void ItkassaCloud::execute(Task& task) {
  struct ShiftError {
    const char* code;
    const char* text;
  };
  static constexpr ShiftError kShiftErrors[] = {
      {"73", "Смена закрыта"}, {"83", "Смена открыта"}, {"68", "Смена превысила 24 часа"}};
  if (!task.fault.executed || !task.invalid.empty()) return finish(task);
  if (!task.line->at->has_paper()) {
    task.code = "44";
    task.text = "[ " + task.type + " ] Нет бумаги";
    return finish(task);
  }
  const FiscalRegister::Signed made = make(task);
  if (made) {
    task.document = *made;
    task.success = true;
    task.text = "[ " + task.type + " ] Ошибок нет";
  } else {
    const ShiftError& error = kShiftErrors[static_cast<int>(made.error())];
    task.code = error.code;
    task.text = "[ " + task.type + " ] " + error.text;
  }
  finish(task);
}

void ItkassaCloud::finish(Task& task) {
  task.finished = true;
  task.finished_at_s = agenda_.clock().unix_s();
  if (!task.line->shop->post) return;
  for (const CallbackFault& fault : task.fault.callbacks) {
    asio::co_spawn(agenda_.executor(), deliver(task, fault), kRethrow);
  }
}

// --- what is said of a task ---

// `object` of §6.
std::string ItkassaCloud::object_of(Task& task, Shown to) {
  const auto hidden = [to](int& questions) {  // for one question less
    if (questions == 0) return false;
    if (to == Shown::asked) --questions;
    return true;
  };
  const bool finished = task.finished && !hidden(task.fault.old_state);
  JsonObject object;
  object.text("id", task.id)
      .text("title", settlement_type_of(task.type) != 0 ? "ФД Чек" : "ФД Отчет")
      .text("type", task.type)
      .flag("isFiscal", true)
      .text("idempKey", task.key)
      .number("orderNumber", task.number)
      .raw("commands", task.commands)
      .text("createdAt", iso(task.created_at_s))
      .text("updatedAt", iso(finished ? task.finished_at_s : task.created_at_s))
      .text("organizationId", task.line->shop->organization_id)
      .text("creItemId", task.line->cre_item_id);
  const Say say = task.fault.say;
  if (!finished) {
    if (to == Shown::asked) object.raw("queueItem", R"({"status":"new"})");
    return object.null("resultItem").str();
  }
  object.null("queueItem");
  if (say == Say::nothing) return object.null("resultItem").str();

  ResultFields fields{task.success ? kSuccess : kCriticalError, task.code, task.text};
  if (say != Say::truth) fields = {kCriticalError, task.fault.code, task.fault.text};
  if (say == Say::success_with_error) fields.result = kSuccess;
  if (say == Say::unknown_result) fields.result = "finished";
  if (!task.invalid.empty()) {  // "Server validation" (§8)
    fields = {kCriticalError, "0", ""};
    object.text("result", kCriticalError).text("result_description", task.invalid);
  } else if (say == Say::two_results) {
    object.text("result", kSuccess);
  }
  if (task.document != nullptr && !hidden(task.fault.withheld)) {
    add_attributes(object, *task.document, task.line->at->test(), say == Say::part_of_document);
  }
  return object.raw("resultItem", result_item(fields, task.id, task.number, task.commands, task.finished_at_s)).str();
}

std::string ItkassaCloud::callback_body(Task& task, const CallbackFault& fault) {
  if (fault.say == CallbackFault::Say::truth) return object_of(task, Shown::called_back);
  if (fault.say == CallbackFault::Say::foreign) return foreign_object();
  JsonObject object;
  object.text("id", task.id)
      .text("type", task.type)
      .text("idempKey", task.key)
      .raw("commands", task.commands)
      .text("creItemId", task.line->cre_item_id);
  if (fault.say == CallbackFault::Say::queued) return object.null("resultItem").str();
  ResultFields fields{kCriticalError, fault.code, fault.text};
  if (fault.say == CallbackFault::Say::forged_success) {
    fields = {kSuccess, "0", "Ошибок нет"};
    object.text("checkNumber", "4242").text("fsNumber", "7380440999999999").text("checkSign", "1234567890");
  }
  return object.raw("resultItem", result_item(fields, task.id, task.number, task.commands, task.finished_at_s)).str();
}

asio::awaitable<void> ItkassaCloud::deliver(Task& task, CallbackFault fault) {
  co_await async::pause_for(agenda_.clock(), fault.after);
  Clock::duration pause = 1s;
  for (int attempt = 0; attempt < kCallbackAttempts; ++attempt) {
    const Shop& shop = *task.line->shop;
    const int status = co_await shop.post(
        {fault.wrong_secret ? "wrong" + shop.secret : shop.secret, shop.organization_id, callback_body(task, fault)});
    if (status == 200) co_return;
    co_await async::pause_for(agenda_.clock(), pause);
    pause *= 2;
  }
}

// §7.
std::string ItkassaCloud::registers_of(const Shop& shop) const {
  static constexpr const char* kStates[] = {"closed", "opened", "expired"};
  const std::int64_t now_s = agenda_.clock().unix_s();
  constexpr std::int64_t kYear_s = 365 * 86'400;
  std::string list;
  for (const auto& [id, line] : lines_) {
    if (line.shop != &shop) continue;
    const FiscalRegister& at = *line.at;
    JsonObject state;
    state.number("isOnline", at.online() ? 1 : 0)
        .text("lastErrorId", at.online() ? "0" : "255")
        .text("lastErrorText", at.online() ? "" : "Нет связи с ККТ")
        .text("sessionNumber", std::to_string(at.shift_number()))
        .text("sessionState", kStates[static_cast<int>(at.shift())])
        .number("ofdUnsentNumber", 0)
        .text("ofdFirstUnsentNumber", "0")
        .text("ofdFirstUnsentDate", "1970-01-01T00:00:00.000")
        .text("lastExchangeAt", iso(now_s))
        .text("creItemId", id);
    JsonObject item;
    item.text("id", id)
        .text("title", "Касса " + at.name())
        .text("productNumber", at.fn().substr(8))
        .null("location")
        .text("fsNumber", at.fn())
        .text("nodeStatus", "ready")
        .text("status", "active")
        .flag("isFiscalized", !at.test())
        .flag("isPrintable", true)
        .text("licenseExpireAtDate", iso(now_s + kYear_s))
        .text("fsExpireAt", utc_time(now_s + kYear_s, "%Y-%m-%d"));
    if (at.test()) {
      item.null("fiscalizationNumber");
    } else {
      item.text("fiscalizationNumber", at.registration_number());
    }
    list += (list.empty() ? "" : ",") + item.raw("state", state.str()).str();
  }
  return JsonObject().number("code", 0).raw("list", "[" + list + "]").raw("related", R"({"node":{}})").str();
}

}  // namespace kassaflow::simulation
