#include "bit_node.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <optional>

#include "json_text.hpp"
#include "kassaflow/base/check.hpp"

namespace kassaflow::simulation {
namespace {

namespace json = boost::json;
using Say = BitFault::Say;
using Shape = BitFault::Shape;

// --- what a packet holds (§4, §6) ---

// The digits after the last underscore, or the whole key; empty for a group or switch (§6.1).
std::string_view tag_of(std::string_view key) {
  const std::string_view tail = key.substr(key.rfind('_') + 1);
  return tail.find_first_not_of("0123456789") == std::string_view::npos ? tail : std::string_view();
}

const json::value* by_tag(const json::value* holder, std::string_view tag) {
  if (holder == nullptr || !holder->is_object()) return nullptr;
  for (const auto& member : holder->get_object()) {
    if (tag_of({member.key().data(), member.key().size()}) == tag) return &member.value();
  }
  return nullptr;
}

// A JSON number only. Kopecks and thousandths of what a receipt may hold are exact in a double.
std::optional<std::int64_t> scaled(const json::value* number, double scale) {
  constexpr double kLimit = 42'949'672.95;  // ffd.md §4
  if (number == nullptr || !number->is_number()) return std::nullopt;
  const double value = number->to_number<double>();
  if (value < 0 || value > kLimit) return std::nullopt;
  return std::llround(value * scale);
}
std::optional<std::int64_t> kopecks(const json::value* number) { return scaled(number, 100); }

bool is_between(const json::value* number, std::int64_t least, std::int64_t most) {
  return number != nullptr && number->is_int64() && number->get_int64() >= least && number->get_int64() <= most;
}

// Empty when the line is good.
std::string read_line(const json::value& line, Item& item) {
  const json::value* name = by_tag(&line, "1030");
  if (name == nullptr || !name->is_string() || name->get_string().empty()) {
    return "Ошибка данных: недопустимое наименование (1030)";
  }
  item.name = name->get_string().c_str();
  for (const auto& [tag, most] : {std::pair{"1199", 12}, std::pair{"1214", 7}, std::pair{"1212", 33}}) {
    if (!is_between(by_tag(&line, tag), 1, most))
      return std::string("Ошибка данных: недопустимое значение реквизита ") + tag;
  }
  const auto price = kopecks(by_tag(&line, "1079"));
  const auto total = kopecks(by_tag(&line, "1043"));
  const auto thousandths = scaled(by_tag(&line, "1023"), 1000);
  if (!price || !total || !thousandths) return "Ошибка данных: реквизит должен быть числом";
  const std::int64_t cost = (*price * *thousandths + 500) / 1000;
  if (*thousandths == 0 || std::abs(cost - *total) > 1) {
    return "Ошибка данных: сумма позиции (1043) не равна цене на количество";
  }
  item.total_kopecks = *total;
  return {};
}

// Empty when the receipt is good.
std::string read_receipt(const json::value* data, Receipt& receipt) {
  const json::value* type = by_tag(data, "1054");
  if (!is_between(type, 1, 4)) return "Ошибка данных: недопустимое значение реквизита 1054";
  receipt.settlement_type = static_cast<int>(type->get_int64());
  const json::value* taxation = by_tag(data, "1055");
  const bool one_bit = is_between(taxation, 1, 32) && (taxation->get_int64() & (taxation->get_int64() - 1)) == 0;
  if (!one_bit) return "Ошибка данных: недопустимое значение реквизита 1055";
  const json::value* lines = by_tag(data, "1059");
  if (lines == nullptr || !lines->is_array() || lines->get_array().empty()) return "Ошибка данных: нет позиций (1059)";
  for (const json::value& line : lines->get_array()) {
    if (std::string wrong = read_line(line, receipt.items.emplace_back()); !wrong.empty()) return wrong;
    receipt.total_kopecks += receipt.items.back().total_kopecks;
  }
  const json::value* payments = data->get_object().if_contains("payments");
  std::int64_t paid = 0;
  for (const char* tag : {"1031", "1081", "1215", "1216", "1217"}) {
    if (const json::value* payment = by_tag(payments, tag)) {
      const auto amount = kopecks(payment);
      if (!amount) return std::string("Ошибка данных: недопустимое значение реквизита ") + tag;
      paid += *amount;
    }
  }
  const std::int64_t cash = kopecks(by_tag(payments, "1031")).value_or(0);
  if (paid < receipt.total_kopecks || paid - receipt.total_kopecks > cash) {
    return "Ошибка данных: сумма оплат не равна сумме чека";
  }
  return {};
}

// --- what is said of it (§7) ---

std::string in_windows_1251(std::string_view utf8) {
  std::string bytes;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    if (lead < 0x80) {
      bytes += utf8[i];
      continue;
    }
    check(lead == 0xD0 || lead == 0xD1, "answers are of Cyrillic and ASCII");
    const unsigned code = (lead & 0x1FU) << 6U | (static_cast<unsigned char>(utf8[++i]) & 0x3FU);
    bytes += static_cast<char>(code == 0x401 ? 0xA8 : code == 0x451 ? 0xB8 : code - 0x410 + 0xC0);
  }
  return bytes;
}

// A document as a driver prints it for itself.
std::string tag_dump(const Document& document, const FiscalRegister& at) {
  static constexpr const char* kTypes[] = {"", "Приход", "Возврат прихода", "Расход", "Возврат расхода"};
  const bool receipt = document.kind == Document::Kind::receipt;
  std::string text = receipt ? "КАССОВЫЙ ЧЕК" : "ОТЧЕТ";
  text += "\n1209,ВЕРСИЯ ФФД:1.2\n1041,НОМЕР ФН:" + document.fn + "\n1037,РЕГ. НОМЕР ККТ:" + at.registration_number() +
          "    \n1040,НОМЕР ФД:" + std::to_string(document.fd) +
          "\n1012,ДАТА, ВРЕМЯ:" + local_time(document.printed_at_s, "%d.%m.%y %H:%M:%S") +
          "\n1077,ФП ДОКУМЕНТА:" + document.fp + "\n1038,НОМЕР СМЕНЫ:" + std::to_string(document.shift);
  if (!receipt) return text;
  return text + "\n1042,НОМЕР ЧЕКА ЗА СМЕНУ:" + std::to_string(document.receipt_number) +
         "\n1054,ПРИЗН. РАСЧЕТА:" + kTypes[document.content.settlement_type] +
         "\n1020,СУММА РАСЧЕТА В ЧЕКЕ(БСО):" + rubles(document.content.total_kopecks) + " rub.";
}

// A number as the shape writes it.
std::string number(std::uint64_t value, Shape shape) {
  return std::to_string(value) + (shape == Shape::floats ? ".0" : "");
}

void add_attributes(JsonObject& entry, const Document& document, const FiscalRegister& at, Shape shape) {
  if (shape == Shape::no_attributes || shape == Shape::qr_only) return;
  if (shape == Shape::tag_dump) {
    entry.text("printedText", tag_dump(document, at));
    return;
  }
  std::uint32_t sign = 0;
  std::from_chars(document.fp.data(), document.fp.data() + document.fp.size(), sign);
  entry.text("fnNumber_1041", document.fn).raw("fiscalDocumentNumber_1040", number(document.fd, shape));
  if (shape == Shape::signed_sign) {
    entry.number("fiscalSign_1077", static_cast<std::int32_t>(sign));
  } else if (shape == Shape::floats) {
    entry.raw("fiscalSign_1077", number(sign, shape));
  } else {
    entry.text("fiscalSign_1077", document.fp);
  }
  entry.raw("shiftNumber_1038", number(document.shift, shape))
      .text("kktRegistrationNumber_1037", at.registration_number())
      .text("dateTime_1012", local_time(document.printed_at_s, "%Y-%m-%dT%H:%M:%S"));
  if (document.kind != Document::Kind::receipt) return;
  entry.raw("receiptNumber_1042", number(document.receipt_number, shape))
      .text("qrCode_1196", document.qr)
      .raw("total_1020", rubles(document.content.total_kopecks));
}

std::string success(const std::string& name, const Document* document, const FiscalRegister& at, Shape shape) {
  JsonObject entry;
  const bool in_words = shape == Shape::qr_only && document != nullptr && !document->qr.empty();
  entry.text("name", name).text("success", in_words ? "Чек напечатан " + document->qr : "Команда выполнена успешно");
  if (document != nullptr) add_attributes(entry, *document, at, shape);
  return entry.str();
}

std::string failure(const std::string& name, const std::string& text) {
  return JsonObject().text("name", name).text("error", text).str();
}

// The last receipt before what was signed for the packet.
const Document* receipt_before(const FiscalRegister& at, const Document* signed_now) {
  bool before = signed_now == nullptr;
  for (auto row = at.ledger().rbegin(); row != at.ledger().rend(); ++row) {
    if (before && row->kind == Document::Kind::receipt) return &*row;
    before = before || &*row == signed_now;
  }
  return nullptr;
}

std::string in_list(const std::vector<std::pair<std::string, std::string>>& entries, Shape shape) {
  const bool by_name = shape == Shape::object;
  std::string text;
  for (const auto& [name, entry] : entries) {
    text += (text.empty() ? "" : ",") + (by_name ? quoted(name) + ":" : std::string()) + entry;
  }
  return by_name ? "{" + text + "}" : "[" + text + "]";
}

http::Response response(int status, std::string body) {
  return {.status = status, .content_type = "application/json", .location = {}, .body = std::move(body)};
}

std::string refused(const std::string& text) { return JsonObject().flag("result", false).text("error", text).str(); }

}  // namespace

// The error is the driver's text.
tl::expected<BitNode::Job, std::string> BitNode::read_packet(const http::Request& request) {
  if (header_of(request, "Action") != "command_list")
    return tl::unexpected<std::string>("Неизвестное значение заголовка Action");
  json::error_code error;
  const json::value packet = json::parse(request.body, error);
  if (error || !packet.is_array() || packet.get_array().empty()) {
    return tl::unexpected<std::string>("Неверный формат json: ожидается массив команд");
  }
  Job job;
  for (const json::value& one : packet.get_array()) {
    const json::object* members = one.if_object();
    const json::value* name = members == nullptr ? nullptr : members->if_contains("name");
    const json::value* type = members == nullptr ? nullptr : members->if_contains("type");
    if (name == nullptr || !name->is_string() || type == nullptr || !type->is_string())
      return tl::unexpected<std::string>("Неверный формат json: неизвестная команда");
    Command& command = job.emplace_back();
    command.name = name->get_string().c_str();
    command.type = type->get_string().c_str();
    if (command.type == "kktReceiptFiscalization") {
      command.wrong_data = read_receipt(members->if_contains("data"), command.receipt);
    } else if (command.type != "kktOpenShift" && command.type != "kktCloseShift") {
      return tl::unexpected<std::string>("Неверный формат json: неизвестная команда");
    }
  }
  return job;
}

BitNode::Done BitNode::run(const Command& command, const std::string& order_id, FiscalRegister& at) {
  static constexpr const char* kShiftErrors[] = {"Смена закрыта", "Смена уже открыта", "Смена превысила 24 часа"};
  Done done{command.name, nullptr, command.wrong_data};
  if (!at.online()) done.error = "Нет связи с ККТ";
  if (!at.has_paper()) done.error = "Нет бумаги";
  if (!done.error.empty()) return done;
  FiscalRegister::Signed made;
  if (command.type == "kktOpenShift") {
    made = at.open_shift({order_id, {}});
  } else if (command.type == "kktCloseShift") {
    made = at.close_shift({order_id, {}});
  } else {
    made = at.print(command.receipt, {order_id, {}});
  }
  if (made) {
    done.document = *made;
  } else {
    done.error = kShiftErrors[static_cast<int>(made.error())];
  }
  return done;
}

// In order; when one fails, the following ones are not executed (§4).
std::vector<BitNode::Done> BitNode::execute(const Job& job, const std::string& order_id, FiscalRegister& at) {
  std::vector<Done>* const known = deduplicates_ ? &done_[at.name() + "/" + order_id] : nullptr;
  if (known != nullptr && !known->empty()) return *known;
  std::vector<Done> done;
  for (const Command& command : job) {
    done.push_back(run(command, order_id, at));
    if (done.back().document == nullptr) break;
  }
  if (known != nullptr) *known = done;
  return done;
}

http::Response BitNode::answer(const std::vector<Done>& done, const std::string& name, const FiscalRegister& at,
                               const BitFault& fault) {
  const Document* const document = done.empty() ? nullptr : done.front().document;
  JsonObject entry;
  switch (fault.say) {
    case Say::page: {
      http::Response page = response(fault.status, "<html><body>" + std::to_string(fault.status) + "</body></html>");
      page.content_type = "text/html";
      return page;
    }
    case Say::rubbish:
      return response(fault.status, "[{\"name\": \"receipt\", \"succ");
    case Say::packet_refused:
      return response(fault.status, refused(fault.text));
    case Say::refused_yet_done: {
      const std::string list = in_list({{name, success(name, document, at, fault.shape)}}, Shape::array);
      return response(fault.status,
                      JsonObject().flag("result", false).text("error", fault.text).raw("commands", list).str());
    }
    case Say::error:
      return response(fault.status, in_list({{name, failure(name, fault.text)}}, fault.shape));
    case Say::success_and_error:
      entry.text("name", name).text("success", "Команда выполнена успешно").text("error", fault.text);
      return response(fault.status, in_list({{name, entry.str()}}, fault.shape));
    case Say::error_with_document:
      entry.text("name", name).text("error", fault.text);
      if (document != nullptr) add_attributes(entry, *document, at, Shape::array);
      return response(fault.status, in_list({{name, entry.str()}}, fault.shape));
    case Say::another_command: {
      const std::string other = name + "0";
      return response(fault.status, in_list({{other, success(other, document, at, fault.shape)}}, fault.shape));
    }
    case Say::twice: {
      const std::string one = success(name, document, at, Shape::array);
      return response(fault.status, in_list({{name, one}, {name, one}}, Shape::array));
    }
    case Say::earlier_document:
      if (const Document* const earlier = receipt_before(at, document)) {
        return response(fault.status, in_list({{name, success(name, earlier, at, Shape::array)}}, Shape::array));
      }
      [[fallthrough]];
    case Say::neither:
      return response(fault.status, in_list({{name, JsonObject().text("name", name).str()}}, fault.shape));
    case Say::truth:
      break;
  }
  std::vector<std::pair<std::string, std::string>> entries;
  for (const Done& one : done) {
    entries.emplace_back(one.name, one.document != nullptr ? success(one.name, one.document, at, fault.shape)
                                                           : failure(one.name, one.error));
  }
  std::string body = in_list(entries, fault.shape);
  return response(fault.status, fault.shape == Shape::windows_1251 ? in_windows_1251(body) : std::move(body));
}

void BitNode::take(const http::Request& request, Reply reply) {
  const auto line = lines_.find(header_of(request, "BIT_KKT_TOKEN"));
  if (line == lines_.end()) return reply(response(200, refused("Неверный токен ККТ (BIT_KKT_TOKEN)")));
  const std::string order_id(header_of(request, "BIT_ORDER_ID"));
  if (order_id.empty()) return reply(response(200, refused("Не указан заголовок BIT_ORDER_ID")));
  tl::expected<Job, std::string> job = read_packet(request);
  if (!job) return reply(response(200, refused(job.error())));

  FiscalRegister& at = *line->second.at;
  const BitFault fault = draw_({at, order_id, job->front().type});
  check(fault.executed || fault.say != Say::truth, "the truth about what was not executed is silence");
  const auto starts = std::max(agenda_.now(), line->second.free_at);
  const auto signs = starts + (fault.executed ? fault.before_signing : Clock::duration::zero());
  line->second.free_at = signs;
  agenda_.after(signs - agenda_.now(), [this, fault, order_id, &at, job = std::move(*job), reply = std::move(reply)] {
    std::vector<Done> done;
    if (fault.executed) done = execute(job, order_id, at);
    agenda_.after(fault.before_answer, [reply, said = answer(done, job.front().name, at, fault)] { reply(said); });
  });
}

}  // namespace kassaflow::simulation
