// BIT drivers that answer at once: any number of registers, told apart by BIT_KKT_TOKEN, each with a storage that
// counts its documents without gaps. For measuring what is in front of them; tests/simulators/bit_driver is the one
// that judges.
//
// Prints "port N" when it listens. GET / tells how many documents were made: {"receipts":N,"reports":N}.

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <string>
#include <string_view>
#include <unordered_map>

#include "kassaflow/http/server.hpp"

namespace {

namespace asio = boost::asio;
using kassaflow::http::Inbound;
using kassaflow::http::Reply;

constexpr int kMoscow_s = 3 * 3600;
constexpr const char* kSuccess = "Команда выполнена успешно";

// What follows `"key":` up to one of `ends`; packets of ours are compact JSON, so nothing needs to be parsed.
std::string_view after(std::string_view text, std::string_view key, std::string_view ends) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + key.size());
  return rest.substr(0, rest.find_first_of(ends));
}

std::int64_t kopecks(std::string_view rubles) {
  std::int64_t value = 0;
  for (const char c : rubles) {
    if (c >= '0' && c <= '9') value = value * 10 + (c - '0');
  }
  return rubles.find('.') == std::string_view::npos ? value * 100 : value;  // the gateway writes two decimals
}

std::int64_t total_of(std::string_view packet) {
  const std::string_view payments = after(packet, R"("payments":{)", "}");
  std::int64_t total = 0;
  for (const char* key :
       {R"("cash_1031":)", R"("ecash_1081":)", R"("prepayment_1215":)", R"("credit_1216":)", R"("barter_1217":)"}) {
    total += kopecks(after(payments, key, ","));
  }
  return total;
}

std::string rubles(std::int64_t amount_kopecks) {
  char text[32];
  std::snprintf(text, sizeof text, "%lld.%02lld", static_cast<long long>(amount_kopecks / 100),
                static_cast<long long>(amount_kopecks % 100));
  return text;
}

std::string moscow_time(const char* format) {
  const std::time_t now = std::time(nullptr) + kMoscow_s;
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, format, &parts);
  return text;
}

// The same token has the same storage in every run.
std::string storage_number(std::string_view token) {
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (const char c : token) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return std::to_string(7'380'000'000'000'000U + hash % 9'999'999'999'999U);
}

class Registers {
 public:
  explicit Registers(std::uint64_t first_document) : first_document_(first_document) {}

  Reply answer(const Inbound& inbound) {
    if (inbound.method == "GET") return count();
    const std::string_view token = inbound.header("BIT_KKT_TOKEN");
    const std::string_view name = after(inbound.body, R"("name":")", "\"");
    const std::string_view type = after(inbound.body, R"("type":")", "\"");
    Reply reply;
    if (token.empty() || name.empty()) {
      reply.body = R"({"result":false,"error":"packet without token or name"})";
      return reply;
    }
    Register& one = register_of(token);
    ++one.document;
    reply.body = "[{\"name\":\"" + std::string(name) + "\",\"success\":\"" + kSuccess + "\"";
    reply.body += ",\"fnNumber_1041\":\"" + one.storage +
                  "\",\"fiscalDocumentNumber_1040\":" + std::to_string(one.document) + ",\"fiscalSign_1077\":\"" +
                  sign_of(one) + "\",\"shiftNumber_1038\":1" + ",\"dateTime_1012\":\"" +
                  moscow_time("%Y-%m-%dT%H:%M:%S") + "\"";
    if (type == "kktReceiptFiscalization") {
      ++receipts_;
      append_receipt(one, inbound.body, reply.body);
    } else {
      ++reports_;
    }
    reply.body += "}]";
    return reply;
  }

 private:
  struct Register {
    std::string storage;
    std::uint64_t document;
    std::uint64_t receipt_number = 0;
  };

  Register& register_of(std::string_view token) {
    const auto known = registers_.find(std::string(token));
    if (known != registers_.end()) return known->second;
    return registers_.emplace(token, Register{storage_number(token), first_document_ - 1}).first->second;
  }

  static std::string sign_of(const Register& one) {
    return std::to_string(1'000'000'000 + one.document % 1'000'000'000);
  }

  static void append_receipt(Register& one, std::string_view packet, std::string& body) {
    const std::string total = rubles(total_of(packet));
    body += ",\"receiptNumber_1042\":" + std::to_string(++one.receipt_number) + ",\"total_1020\":" + total +
            ",\"qrCode_1196\":\"t=" + moscow_time("%Y%m%dT%H%M%S") + "&s=" + total + "&fn=" + one.storage +
            "&i=" + std::to_string(one.document) + "&fp=" + sign_of(one) +
            "&n=" + std::string(after(packet, R"("receiptType_1054":)", ",}")) + "\"";
  }

  Reply count() const {
    Reply reply;
    reply.body = R"({"receipts":)" + std::to_string(receipts_) + R"(,"reports":)" + std::to_string(reports_) + "}";
    return reply;
  }

  const std::uint64_t first_document_;
  std::unordered_map<std::string, Register> registers_;  // one thread, no lock
  std::uint64_t receipts_ = 0;
  std::uint64_t reports_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  kassaflow::http::ServerOptions options;
  std::uint64_t first_document = 1;
  CLI::App cli("BIT drivers that answer at once");
  cli.option_defaults()->always_capture_default();
  cli.add_option("--port", options.port, "of 127.0.0.1; 0 takes a free one");
  cli.add_option("--first-document", first_document, "number of each register's first document");
  CLI11_PARSE(cli, argc, argv);

  options.on_bad_request = [](std::string_view, std::string_view) { return Reply{400, "text/plain", "bad request\n"}; };
  Registers registers(first_document);
  asio::io_context io(1);
  try {
    kassaflow::http::Server server(io.get_executor(), options, [&](const Inbound& inbound) -> asio::awaitable<Reply> {
      co_return registers.answer(inbound);
    });
    server.start();
    std::cout << "port " << server.port() << std::endl;  // read through a pipe
    asio::signal_set signals(io, SIGTERM, SIGINT);
    signals.async_wait([&](const boost::system::error_code&, int) { io.stop(); });
    io.run();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
