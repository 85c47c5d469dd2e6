#include "src/bit/answer.hpp"

#include <gtest/gtest.h>

#include "receipts.hpp"
#include "src/common/wording.hpp"

namespace kassaflow::registers::bit {
namespace {

using namespace tests;

constexpr std::int64_t kNow_s = kQrTime_s + 5;

Requested requested(Command command = Command::receipt) {
  Requested requested;
  requested.command = command;
  requested.name = command == Command::receipt ? "receipt-700123" : "shift-700123";
  requested.content = {.receipt = command == Command::receipt,
                       .total_kopecks = 100000,
                       .settlement_type = fiscal::SettlementType::income};
  requested.timezone = "Europe/Moscow";
  requested.registration_number = "0000000001047487";
  requested.now_s = kNow_s;
  return requested;
}

Finding read(std::string_view body, Command command = Command::receipt) {
  return read_answer(200, body, requested(command));
}

std::string with_quotes(std::string text) {
  for (std::size_t at = text.find("QR"); at != std::string::npos; at = text.find("QR")) text.replace(at, 2, kQr);
  return text;
}

// protocols/bit-driver.md §7: every shape a successful answer may have.
TEST(BitAnswer, FindsTheAttributesInEveryShape) {
  const char* const shapes[] = {
      R"([{"name":"receipt-700123","success":"Чек напечатан","qr_1196":"QR"}])",
      R"({"0":{"name":"receipt-700123","success":"ok","fn_1041":"7380440800000001","fd_1040":1204,"fp_1077":3115223344}})",
      R"({"receipt-700123":{"success":"QR"}})",
      R"({"name":"receipt-700123","success":{"1196":"QR"}})",
      R"({"result":true,"receipt-700123":{"success":"ok"},"printedText":"КАССОВЫЙ ЧЕК\nQR\nСпасибо"})",
      R"([{"success":"ok","data":{"deep":[{"docNumber_1040":"1204"},{"a_1041":"7380440800000001"},{"1077":"3115223344"}]}}])",
      R"([{"name":"","success":true,"info":"QR"}])",
      R"({"commands":[{"name":"receipt-700123","success":"ok","x_1196":"QR"}]})",
      R"([{"name":"receipt-700123","error":"","success":"ФН 7380440800000001\nФД № 1204 ФПД: 3115223344"}])",
      R"([{"name":"receipt-700123","error":null,"success":"ФФД 1.05 сайт ФНС ЗН ККТ 00106\nФН:7380440800000001 ФД:1204 ФП:3115223344"}])",
      R"([{"name":"first","success":"ФД 9"},{"name":"receipt-700123","success":"ok","a_1040":1204,"b_1041":"7380440800000001","c_1077":"3115223344"}])",
  };
  for (const char* shape : shapes) {
    const Finding found = read(with_quotes(shape));
    ASSERT_EQ(found.fact, Fact::printed) << shape << found.text;
    ASSERT_TRUE(found.document);
    EXPECT_EQ(found.document->fn, kFn) << shape;
    EXPECT_EQ(found.document->fd, 1204u) << shape;
    EXPECT_EQ(found.document->fp, "3115223344") << shape;
    EXPECT_EQ(found.document->registration_number, "0000000001047487");
    EXPECT_FALSE(found.warning);
  }
}

TEST(BitAnswer, ReadsEveryAttribute) {
  const Finding found = read(
      R"([{"name":"receipt-700123","success":"ok","fn_1041":"7380440800000001","fd_1040":1204,"fp_1077":"3115223344","shift_1038":57,)"
      R"("num_1042":"12","rn_1037":1047487,"time_1012":"01.03.2026 12:00:41","total_1020":1000.00,"sign_1054":1}])");
  ASSERT_EQ(found.fact, Fact::printed);
  fiscal::FiscalDocument expected;
  expected.fn = kFn;
  expected.fd = 1204;
  expected.fp = "3115223344";
  expected.shift = 57;
  expected.receipt_number = 12;
  expected.registration_number = "0000000001047487";
  expected.printed_at_s = kQrTime_s;
  EXPECT_EQ(*found.document, expected);
}

TEST(BitAnswer, ReadsThePrintedReceipt) {
  const Finding found = read(
      R"([{"name":"receipt-700123","success":"СМЕНА 57\nРН ККТ 0000000001047487\nФН № 7380440800000001\nФД 1204\nФП 3115223344"}])");
  ASSERT_EQ(found.fact, Fact::printed);
  EXPECT_EQ(found.document->shift, 57u);
  EXPECT_EQ(found.document->registration_number, "0000000001047487");
  EXPECT_EQ(found.document->fp, "3115223344");
}

TEST(BitAnswer, AnOkWithoutAttributesIsPrintedAndInventsNothing) {
  const Finding found = read(R"([{"name":"receipt-700123","success":"Команда выполнена"}])");
  ASSERT_EQ(found.fact, Fact::printed);
  EXPECT_EQ(found.document->fn, "");
  EXPECT_EQ(found.document->fd, 0u);
  EXPECT_EQ(found.document->fp, "");
  EXPECT_FALSE(found.document->shift);
  EXPECT_EQ(found.document->printed_at_s, kNow_s);
  EXPECT_TRUE(found.document->printed_at_is_gateway_clock);
}

TEST(BitAnswer, WarnsWhenAnotherRegisterHasAnswered) {
  const Finding found = read(R"([{"name":"receipt-700123","success":"ok","rn_1037":"0000000009999999"}])");
  ASSERT_EQ(found.fact, Fact::printed);
  EXPECT_TRUE(found.warning);
  EXPECT_EQ(found.document->registration_number, "0000000009999999");
}

TEST(BitAnswer, ReadsWindows1251) {
  const Finding found =
      read("[{\"name\":\"receipt-700123\",\"error\":\"\xCD\xE5\xF2 \xE1\xF3\xEC\xE0\xE3\xE8\"}]");  // Нет бумаги
  EXPECT_EQ(found.fact, Fact::unknown);
  EXPECT_EQ(found.text, "Нет бумаги");
  EXPECT_EQ(found.code, "device");
}

// exactly-once.md 8
TEST(BitAnswer, ContradictionsAreUnknownWithAnAlarm) {
  const char* const rows[] = {
      R"([{"name":"receipt-700123","success":"ok","error":"Нет бумаги"}])",
      R"([{"name":"receipt-700123","success":"ok","error":{"code":1}}])",
      R"([{"name":"receipt-700123","error":"Неверная сумма","qr_1196":"QR"}])",
      R"([{"name":"receipt-700123","error":"Смена превысила 24 часа","fd_1040":1204}])",
      R"({"result":false,"error":"Неверный токен","x":{"success":"ok"}})",
      R"({"result":false,"error":"Неверный токен","printedText":"QR"})",
      R"([{"name":"receipt-700123"}])",
      R"([{"name":"receipt-700123","success":"","error":" "}])",
      R"([{"name":"receipt-700123","success":false}])",
      R"([{"name":"receipt-700123","success":"Ошибка: смена превысила 24 часа"}])",
      R"([{"name":"receipt-700123","success":"Неверный токен"}])",
      R"([])",
      R"({})",
      R"({"result":true})",
      R"([{"name":"receipt-999","success":"ok"}])",
      R"([{"name":"other","success":"ok"}])",
      R"([{"name":"Чек","success":true,"info":"QR"}])",
      R"({"other":{"success":"ok"}})",
      R"({"name":"other","error":"Неверная сумма"})",
      R"([{"name":"receipt-999","error":"Неверная сумма"}])",
      R"([{"success":"ok"},{"success":"ok"}])",
      R"([{"name":"receipt-700123","success":"ok"},{"name":"receipt-700123","error":"Неверная сумма"}])",
      R"([{"name":"receipt-700123","success":"ok","qr":"t=20260301T1200&s=999.99&fn=7380440800000001&i=1204&fp=3115223344&n=1"}])",
      R"([{"name":"receipt-700123","success":"ok","qr":"t=20260301T1200&s=1000.00&fn=7380440800000001&i=1204&fp=3115223344&n=2"}])",
      R"([{"name":"receipt-700123","success":"ok","total_1020":1000.01}])",
      R"([{"name":"receipt-700123","success":"ok","sign_1054":2}])",
      R"([{"name":"receipt-700123","success":"ok","qr":"QR","fd_1040":1205}])",
      R"([{"name":"receipt-700123","success":"ok","qr":"QR","fn_1041":"7380440800000002"}])",
      R"([{"name":"receipt-700123","success":"ok","qr":"QR","fp_1077":"1"}])",
      R"([{"name":"receipt-700123","success":"ok","a":"QR","b":"t=20260301T1200&s=1000.00&fn=7380440800000001&i=1205&fp=3115223345&n=1"}])",
      R"([{"name":"receipt-700123","error":"Ошибка 0x7F"}])",
      R"([{"name":"receipt-700123","error":true}])",
      R"({"result":false})",
      R"({"result":false,"error":"Что-то не так"})",
  };
  for (const char* row : rows) {
    const Finding found = read(with_quotes(row));
    EXPECT_EQ(found.fact, Fact::unknown) << row;
    EXPECT_EQ(found.cause, Cause::ambiguous) << row;
    EXPECT_TRUE(found.alarm) << row;
    EXPECT_FALSE(found.document) << row;
    EXPECT_FALSE(found.text.empty()) << row;
  }
}

TEST(BitAnswer, ShowsTheAttributesOfAContradictionToPeople) {
  const Finding found =
      read(with_quotes(R"([{"name":"receipt-700123","success":"ok","error":"Нет бумаги","qr":"QR"}])"));
  EXPECT_NE(found.text.find("ФН 7380440800000001, ФД 1204, ФП 3115223344"), std::string::npos) << found.text;
}

TEST(BitAnswer, RefusedPacketsAreCertain) {
  for (const char* text : {"Неверный токен ККТ", "Token not found", "CORS: сайт не разрешён", "Неверный формат JSON",
                           "Синтаксическая ошибка", "Нет доступа", "Не указан заголовок Action"}) {
    const Finding found = read(R"({"result":false,"error":")" + std::string(text) + R"("})");
    EXPECT_EQ(found.fact, Fact::not_printed) << text;
    EXPECT_EQ(found.cause, Cause::register_fault) << text;
    EXPECT_EQ(found.text, text);
  }
}

TEST(BitAnswer, TheEntrysErrorExplainsARefusedPacket) {
  const Finding found = read(R"({"result":false,"0":{"name":"receipt-700123","error":"Смена закрыта"}})");
  EXPECT_EQ(found.cause, Cause::shift_closed);
}

TEST(BitAnswer, ErrorObjectsAreReadByTheirTexts) {
  const Finding found =
      read(R"([{"name":"receipt-700123","error":{"code":68,"description":"Смена превысила 24 часа"}}])");
  EXPECT_EQ(found.fact, Fact::not_printed);
  EXPECT_EQ(found.cause, Cause::shift_expired);
}

TEST(BitAnswer, ShiftCommandsAcceptTheStateTheyWant) {
  const auto said = [](Command command, const char* text) {
    return read(R"([{"name":"shift-700123","error":")" + std::string(text) + R"("}])", command);
  };
  EXPECT_EQ(said(Command::open_shift, "Смена уже открыта").fact, Fact::printed);
  EXPECT_EQ(said(Command::open_shift, "Смена уже открыта").code, "already_open");
  EXPECT_EQ(said(Command::close_shift, "Смена уже закрыта").fact, Fact::printed);
  EXPECT_EQ(said(Command::close_shift, "Смена не открыта").code, "already_closed");
  EXPECT_EQ(said(Command::open_shift, "Смена превысила 24 часа").cause, Cause::shift_expired);
  EXPECT_EQ(said(Command::close_shift, "Смена уже открыта").fact, Fact::unknown);
  EXPECT_EQ(said(Command::open_shift, "Смена закрыта").fact, Fact::unknown);
  EXPECT_EQ(said(Command::open_shift, "Нет бумаги").fact, Fact::unknown);
  EXPECT_EQ(said(Command::close_shift, "Некорректный ИНН кассира").cause, Cause::register_fault);
  EXPECT_EQ(said(Command::receipt, "Смена уже открыта").fact, Fact::unknown);
  const Finding report =
      read(R"([{"name":"shift-700123","success":"Смена закрыта","fd_1040":1300,"fn_1041":"7380440800000001"}])",
           Command::close_shift);
  ASSERT_EQ(report.fact, Fact::printed);
  EXPECT_EQ(report.document->fd, 1300u);
}

// Its number would prove that an uncertain receipt was not printed, although it may be that receipt's own.
TEST(BitAnswer, Rule6_AReceiptsAttributesAreNoShiftReport) {
  for (const char* attribute : {R"("qr":"QR")", R"("fd_1040":1204,"sign_1054":1)", R"("text":"1054,ПРИЗНАК:Приход")"}) {
    const Finding found =
        read(with_quotes(R"([{"name":"shift-700123","success":"Смена закрыта",)" + std::string(attribute) + "}]"),
             Command::close_shift);
    EXPECT_EQ(found.fact, Fact::unknown) << attribute;
    EXPECT_TRUE(found.alarm) << attribute;
  }
}

TEST(BitAnswer, TheHttpStatusMustAgree) {
  const std::string ok = with_quotes(R"([{"name":"receipt-700123","success":"ok","qr":"QR"}])");
  const Finding contradictory = read_answer(502, ok, requested());
  EXPECT_EQ(contradictory.fact, Fact::unknown);
  EXPECT_EQ(contradictory.code, "http_502");
  EXPECT_EQ(read_answer(403, R"({"result":false,"error":"Неверный токен"})", requested()).cause, Cause::register_fault);
  for (const int status : {200, 301, 400, 401, 404, 500, 502, 504}) {
    const Finding found = read_answer(status, "<html>", requested());
    EXPECT_EQ(found.fact, Fact::unknown) << status;
    EXPECT_EQ(found.cause, Cause::ambiguous) << status;
  }
}

TEST(BitAnswer, ACutAnswerIsPrintedOnlyByAQrThatAgrees) {
  const std::string cut =
      with_quotes(R"([{"name":"receipt-700123","success":"ok","qr_1196":"QR","printedText":"КАССО)");
  const Finding found = read(cut);
  ASSERT_EQ(found.fact, Fact::printed);
  EXPECT_TRUE(found.warning);
  EXPECT_EQ(found.document->fd, 1204u);
  std::string escaped = cut;
  for (std::size_t at = escaped.find('&'); at != std::string::npos; at = escaped.find('&'))
    escaped.replace(at, 1, "\\u0026");
  EXPECT_EQ(read(escaped).fact, Fact::printed);

  EXPECT_EQ(read(cut.substr(0, cut.find("&n="))).fact, Fact::unknown);  // cut within the QR
  std::string other_sum = cut;
  other_sum.replace(other_sum.find("1000.00"), 7, "1000.01");
  EXPECT_EQ(read(other_sum).fact, Fact::unknown);
  EXPECT_EQ(read(with_quotes(R"([{"name":"receipt-700123","error":"Нет бумаги","qr_1196":"QR","pri)")).fact,
            Fact::unknown);
  EXPECT_EQ(read(R"([{"name":"receipt-700123","success":"o)").fact, Fact::unknown);
  EXPECT_EQ(read("").fact, Fact::unknown);
  EXPECT_EQ(read("\"ok\"").fact, Fact::unknown);
}

TEST(BitAnswer, EndsOnAnyPrefixOfAnAnswerAndNeverClaimsCertainFailure) {
  const std::string whole = with_quotes(R"([{"name":"receipt-700123","success":"ok","qr_1196":"QR"}])");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const Finding found = read(std::string_view(whole).substr(0, length));
    EXPECT_NE(found.fact, Fact::not_printed) << length;
  }
}

struct TextRow {
  Meaning meaning;
  std::vector<const char*> texts;
};

// §8: texts of the decision table, as different register drivers word them.
TEST(BitTexts, AreClassifiedByStems) {
  const TextRow rows[] = {
      {Meaning::ambiguous,
       {"Нет бумаги",
        "НЕТ БУМАГИ В ККТ",
        "Закончилась чековая лента",
        "Открыта крышка",
        "Крышка принтера открыта",
        "Ошибка принтера чеков",
        "Потеряна связь с ККТ",
        "Нет связи с ККТ",
        "Соединение разорвано",
        "ККТ не отвечает",
        "Таймаут обмена",
        "Превышен тайм-аут ожидания",
        "Неверный ответ устройства",
        "Перегрев термоголовки",
        "Ошибка отрезчика",
        "Порт недоступен",
        "Чек не напечатан",
        "Превышено время ожидания открытия смены",
        "Превышено время ожидания регистрации позиции",
        "Открыт чек",
        "Сбой питания",
        "Нет бумаги, смена закрыта",
        "Не удалось закрыть смену: нет связи",
        "ОФД: 30 дней документы не переданы"}},
      {Meaning::shift_expired,
       {"Смена превысила 24 часа", "Смена открыта более 24ч", "Истекла смена: закройте смену",
        "Длительность смены превышает 24 часа", "смена не закрыта, прошло больше суток"}},
      {Meaning::shift_closed,
       {"Смена закрыта", "Смена закрыта - операция невозможна", "Операция невозможна при закрытой смене",
        "Смена не открыта", "Смена уже закрыта", "Откройте смену"}},
      {Meaning::shift_open, {"Смена уже открыта", "Смена открыта, операция невозможна"}},
      {Meaning::duplicate,
       {"Заказ уже обработан", "Повторный BIT_ORDER_ID", "Дублирование чека", "Чек с таким номером уже существует"}},
      {Meaning::register_fault,
       {"Неверный токен", "Invalid token", "Доступ запрещён", "Лицензия не найдена", "ФН исчерпан",
        "Архив ФН переполнен", "Истек срок действия ФН"}},
      {Meaning::data,
       {"Неверная сумма чека", "Сумма оплат меньше итога чека", "Некорректная ставка НДС", "Недопустимое количество",
        "Не указан предмет расчёта", "Некорректный ИНН поставщика", "Тег 1212 имеет недопустимое значение",
        "Наименование товара слишком длинное", "Неверный формат email", "Код товара некорректен"}},
      {Meaning::unclear,
       {"", "Ошибка", "Ошибка 0x7F", "Неизвестная ошибка", "Неверное состояние ФН", "Режим не поддерживается",
        "Команда не выполнена", "Смена не закрыта", "Необходимо закрыть смену", "Смените ФН",
        "Смена 24, чек 15: ошибка закрытия чека", "ok", "42"}},
  };
  for (const TextRow& row : rows) {
    for (const char* text : row.texts)
      EXPECT_EQ(static_cast<int>(meaning_of(text, Speaker::register_itself)), static_cast<int>(row.meaning)) << text;
  }
}

TEST(BitTexts, FormatIsThePacketsOnlyWhenThePacketIsRefused) {
  EXPECT_EQ(meaning_of("Неверный формат", Speaker::refused_packet), Meaning::register_fault);
  EXPECT_EQ(meaning_of("Неверный формат", Speaker::register_itself), Meaning::unclear);
  EXPECT_EQ(meaning_of("Нет бумаги", Speaker::refused_packet), Meaning::ambiguous);
}

// Facts of the decision table, through the whole parser.
TEST(BitAnswer, EntryErrorsDecideAsTheTableSays) {
  const std::tuple<const char*, Fact, Cause> rows[] = {
      {"Неверная сумма чека", Fact::not_printed, Cause::data},
      {"Нет бумаги", Fact::unknown, Cause::ambiguous},
      {"Открыта крышка", Fact::unknown, Cause::ambiguous},
      {"Ошибка принтера", Fact::unknown, Cause::ambiguous},
      {"Потеряна связь с ККТ", Fact::unknown, Cause::ambiguous},
      {"Смена превысила 24 часа", Fact::not_printed, Cause::shift_expired},
      {"Смена закрыта", Fact::not_printed, Cause::shift_closed},
      {"Неверный токен", Fact::not_printed, Cause::register_fault},
      {"Заказ уже обработан", Fact::unknown, Cause::ambiguous},
      {"Что это было", Fact::unknown, Cause::ambiguous},
  };
  for (const auto& [text, fact, cause] : rows) {
    const Finding found = read(R"([{"name":"receipt-700123","error":")" + std::string(text) + R"("}])");
    EXPECT_EQ(found.fact, fact) << text;
    EXPECT_EQ(found.cause, cause) << text;
    EXPECT_EQ(found.text, text);
  }
}

}  // namespace
}  // namespace kassaflow::registers::bit
