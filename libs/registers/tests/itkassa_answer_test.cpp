#include "src/itkassa/answer.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "receipts.hpp"
#include "src/itkassa/render.hpp"

namespace kassaflow::registers::itkassa {
namespace {

namespace json = boost::json;
using namespace tests;

const std::string kId = "aaaaaaaa-0000-4000-8000-000000000001";

AttemptRef attempt() {
  AttemptRef attempt;
  attempt.key = kKey;
  attempt.body = *render(mugs(), till(), kKey, kCreItem);
  attempt.total_kopecks = 100000;
  return attempt;
}

Requested requested(const std::string& remote_id = {}) {
  AttemptRef given = attempt();
  given.remote_id = remote_id;
  return requested_of(given, kCreItem, "Europe/Moscow");
}

Requested asked_shift(ShiftCommand command) {
  AttemptRef given;
  given.key = kKey;
  given.body = render_shift(command, till(), kKey, kCreItem);
  return requested_of(given, kCreItem, "Europe/Moscow");
}

// protocols/itkassa.md §6.1
json::object queued() {
  json::object object{{"id", kId}, {"type", "sale"}, {"isFiscal", true}, {"idempKey", kKey}, {"orderNumber", 4410}};
  object["commands"] = json::parse(*render(mugs(), till(), kKey, kCreItem)).as_object()["commands"];
  for (const char* name : {"sessionNumber", "checkNumber", "fsNumber", "checkUrl"}) object[name] = nullptr;
  object["creItemId"] = kCreItem;
  object["resultItem"] = nullptr;
  return object;
}

// §6.2
json::object printed_document() {
  json::object object = queued();
  object["sessionNumber"] = "57";
  object["checkNumber"] = "1204";
  object["fsNumber"] = kFn;
  object["checkUrl"] = kQr;
  object["checkSign"] = "3115223344";
  object["queueItem"] = nullptr;
  object["resultItem"] = {{"id", "r"},
                          {"creErrorId", "0"},
                          {"creErrorText", "[ Sale ] Ошибок нет"},
                          {"result", "success"},
                          {"printedAt", "2026-03-01T09:00:42+00:00"}};
  return object;
}

json::object failed(const json::value& code, const char* text = "[ Sale ] ошибка") {
  json::object object = queued();
  object["queueItem"] = nullptr;
  object["resultItem"] = {{"result", "critical_error"}, {"creErrorId", code}, {"creErrorText", text}};
  return object;
}

std::string wrap(const json::object& object) { return json::serialize(json::object{{"code", 0}, {"object", object}}); }
Finding posted(const json::object& object, const Requested& given = requested()) {
  return read_posted(200, wrap(object), given);
}
Finding by_key(const json::object& object) { return read_queried(200, wrap(object), requested(), QueryBy::key); }

TEST(ItkassaPost, QueuedIsPendingWithItsId) {
  const Finding found = posted(queued());
  EXPECT_EQ(found.fact, Fact::pending);
  EXPECT_EQ(found.remote_id, kId);
}

TEST(ItkassaPost, ReadsTheFiscalDocument) {
  const Finding found = posted(printed_document());
  ASSERT_EQ(found.fact, Fact::printed);
  EXPECT_FALSE(found.warning);
  fiscal::FiscalDocument expected;
  expected.fn = kFn;
  expected.fd = 1204;
  expected.fp = "3115223344";
  expected.shift = 57;
  expected.printed_at_s = kQrTime_s;
  EXPECT_EQ(*found.document, expected);
}

TEST(ItkassaPost, ReadsNumbersWrittenAsJsonNumbers) {
  json::object object = printed_document();
  object["sessionNumber"] = 57;
  object["checkNumber"] = 1204;
  object["checkSign"] = 3115223344;
  object["fsNumber"] = 7380440800000001;
  const Finding found = posted(object);
  ASSERT_EQ(found.fact, Fact::printed);
  EXPECT_EQ(*found.document, *posted(printed_document()).document);
}

TEST(ItkassaPost, TakesAttributesFromFieldsWhenThereIsNoQr) {
  json::object object = printed_document();
  object["checkUrl"] = "";
  const Finding found = posted(object);
  ASSERT_EQ(found.fact, Fact::printed);
  EXPECT_EQ(found.document->fd, 1204u);
  EXPECT_EQ(found.document->fp, "3115223344");
  EXPECT_EQ(found.document->printed_at_s, kQrTime_s + 1);  // resultItem.printedAt, the server's moment
  EXPECT_FALSE(found.document->printed_at_is_gateway_clock);
}

TEST(ItkassaPost, InterpretsTheRegistersClockInItsZone) {
  Requested given = requested();
  given.timezone = "Asia/Vladivostok";
  EXPECT_EQ(posted(printed_document(), given).document->printed_at_s, kQrTime_s - 7 * 3600);
}

TEST(ItkassaPost, ATestRegistersSuccessHasNoAttributes) {
  json::object object = printed_document();
  object["checkNumber"] = "0";
  object["checkSign"] = "0000000000";
  object["fsNumber"] = nullptr;
  object["checkUrl"] = "t=19700101T000000&s=0.00&fn=&i=0&fp=0000000000&n=0";
  const Finding found = posted(object);
  ASSERT_EQ(found.fact, Fact::printed);
  EXPECT_EQ(found.document->fd, 0u);
  EXPECT_EQ(found.document->fp, "");
}

struct HttpRow {
  int status;
  const char* body;
  Fact fact;
  Cause cause;
};

// §1, §11.1: what the first POST of a key proves by its envelope.
TEST(ItkassaPost, EveryEnvelopeHasItsMeaning) {
  const HttpRow rows[] = {
      {200, R"({"code":1,"message":"Поле lines не заполнено"})", Fact::not_printed, Cause::data},
      {200, R"({"code":"7","error":{"text":"Слишком длинное название"}})", Fact::not_printed, Cause::data},
      {400, R"({"code":1,"message":"Bad field"})", Fact::unknown, Cause::ambiguous},  // names no field we know
      {422, R"({"code":1,"message":"Что-то не так с запросом"})", Fact::unknown, Cause::ambiguous},
      {400, R"({"code":1,"message":"Некорректный email покупателя"})", Fact::not_printed, Cause::data},
      {422, R"({"code":1,"message":"Касса не поддерживает ставку НДС 22%"})", Fact::not_printed, Cause::data},
      {200, R"({"code":1,"message":"Неверная цена товара «Ключ гаечный»"})", Fact::not_printed, Cause::data},
      {422, R"({"name":"Unprocessable entity","message":"Некорректная цена","code":1,"status":422})", Fact::not_printed,
       Cause::data},
      {422, R"({"name":"Document printed","message":"Некорректная цена","code":1,"status":422})", Fact::unknown,
       Cause::ambiguous},
      {200, R"({"code":1,"message":"Касса не отвечает"})", Fact::unknown, Cause::ambiguous},
      {401, R"({"code":1,"message":"Документ уже напечатан"})", Fact::unknown, Cause::ambiguous},
      // exactly-once.md 8: the document may have been queued before this failed.
      {200, R"({"code":500,"message":"Ошибка сохранения элемента очереди"})", Fact::unknown, Cause::ambiguous},
      {422, R"({"code":1,"errors":["amountCash is invalid"]})", Fact::not_printed, Cause::data},
      {200, R"({"code":5,"message":"Неверный ключ API"})", Fact::not_printed, Cause::register_fault},
      {200, R"({"code":5,"message":"Истекла лицензия"})", Fact::not_printed, Cause::register_fault},
      {200, R"({"code":5,"message":"Касса не найдена"})", Fact::not_printed, Cause::register_fault},
      {200, R"({"code":5,"message":"Касса не зарегистрирована"})", Fact::not_printed, Cause::register_fault},
      {200, R"({"code":9,"message":"Сервис временно недоступен, повторите позже"})", Fact::unknown, Cause::ambiguous},
      {200, R"({"code":9,"message":"Internal error"})", Fact::unknown, Cause::ambiguous},
      {200, R"({"code":9,"message":"Задание с таким ключом идемпотентности уже принято"})", Fact::unknown,
       Cause::ambiguous},
      {409, R"({"code":1,"message":"conflict"})", Fact::unknown, Cause::ambiguous},
      {401, "", Fact::not_printed, Cause::register_fault},
      {403, R"({"code":1})", Fact::not_printed, Cause::register_fault},
      {404, "<html>", Fact::not_printed, Cause::register_fault},
      {429, R"({"code":1,"message":"too many requests"})", Fact::unknown, Cause::ambiguous},
      {500, R"({"code":1,"message":"Поле lines не заполнено"})", Fact::unknown, Cause::ambiguous},
      {502, "<html>bad gateway", Fact::unknown, Cause::ambiguous},
      {504, "", Fact::unknown, Cause::ambiguous},
      {302, "", Fact::unknown, Cause::ambiguous},
      {400, "<html>", Fact::unknown, Cause::ambiguous},
      {200, "", Fact::unknown, Cause::ambiguous},
      {200, R"({"code":0,"object":{"id":"aaaa)", Fact::unknown, Cause::ambiguous},
      {200, R"({"code":0})", Fact::unknown, Cause::ambiguous},
      {200, R"({"code":0,"object":null})", Fact::unknown, Cause::ambiguous},
      {200, R"({"code":0,"object":{}})", Fact::unknown, Cause::ambiguous},
      {200, R"({"object":{"id":"1"}})", Fact::unknown, Cause::ambiguous},
      {200, R"([])", Fact::unknown, Cause::ambiguous},
      {200, R"("ok")", Fact::unknown, Cause::ambiguous},
  };
  for (const HttpRow& row : rows) {
    const Finding found = read_posted(row.status, row.body, requested());
    EXPECT_EQ(found.fact, row.fact) << row.status << " " << row.body;
    EXPECT_EQ(found.cause, row.cause) << row.status << " " << row.body;
    EXPECT_FALSE(found.code.empty());
  }
}

TEST(ItkassaPost, ARefusedShiftCommandNeverFailsAReceipt) {
  const Finding found =
      read_posted(200, R"({"code":1,"message":"Поле tagCashierInn некорректно"})", asked_shift(ShiftCommand::close));
  EXPECT_EQ(found.fact, Fact::not_printed);
  EXPECT_EQ(found.cause, Cause::register_fault);
}

// §8: every row of the table, with empty fiscal attributes and words that agree with the number.
struct CodeRow {
  std::vector<int> codes;
  const char* words;
  Fact fact;
  Cause cause;
};

std::vector<CodeRow> code_rows() {
  std::vector<int> marking;
  for (int code = 404; code <= 421; ++code) marking.push_back(code);
  return {
      {{1, 2, 3, 4, 241, 255}, "Соединение с ККТ потеряно", Fact::unknown, Cause::ambiguous},
      {{44, 45, 46, 47, 150}, "Нет бумаги", Fact::unknown, Cause::ambiguous},
      {{68}, "Смена превысила 24 часа", Fact::not_printed, Cause::shift_expired},
      {{141}, "Продолжительность смены ФН более 24 часов", Fact::not_printed, Cause::shift_expired},
      {{73}, "Смена закрыта - операция невозможна", Fact::not_printed, Cause::shift_closed},
      {{82, 203, 83}, "Смена уже открыта", Fact::unknown, Cause::ambiguous},
      {{66}, "Чек оплачен не полностью", Fact::not_printed, Cause::data},
      {{16}, "Недопустимая цена", Fact::not_printed, Cause::data},
      {{17}, "Недопустимое количество", Fact::not_printed, Cause::data},
      {{128}, "Некорректная сумма налога", Fact::not_printed, Cause::data},
      {{143}, "Некорректная СНО", Fact::not_printed, Cause::data},
      {{144}, "Недопустимый номер ставки налога", Fact::not_printed, Cause::data},
      {{145}, "Недопустимый тип оплаты товара", Fact::not_printed, Cause::data},
      {{195, 215}, "Недопустимое сочетание реквизитов 1212 и 1030", Fact::not_printed, Cause::data},
      {{216}, "Некорректный признак способа расчета", Fact::not_printed, Cause::data},
      {{217}, "Некорректный признак предмета расчета", Fact::not_printed, Cause::data},
      {{227}, "Неверный итог чека", Fact::not_printed, Cause::data},
      {{243}, "Некорректная сумма налога", Fact::not_printed, Cause::data},
      {{110}, "Недопустимое кол-во позиций в чеке", Fact::not_printed, Cause::data},
      {{134}, "Превышение размеров TLV данных ФН", Fact::not_printed, Cause::data},
      {{113}, "Активация данного ФН в составе данной ККТ невозможна", Fact::not_printed, Cause::register_fault},
      {{117}, "Неверное состояние ФН", Fact::not_printed, Cause::register_fault},
      {{118}, "Неисправимая ошибка ФН", Fact::not_printed, Cause::register_fault},
      {{119}, "Ошибка КС ФН", Fact::not_printed, Cause::register_fault},
      {{120}, "Закончен срок эксплуатации ФН", Fact::not_printed, Cause::register_fault},
      {{121}, "Архив ФН переполнен", Fact::not_printed, Cause::register_fault},
      {{136}, "Исчерпан ресурс КС ФН", Fact::not_printed, Cause::register_fault},
      {{137}, "Ресурс хранения ФД исчерпан", Fact::not_printed, Cause::register_fault},
      {{140}, "Исчерпан ресурс ожидания передачи сообщения в ФН", Fact::not_printed, Cause::register_fault},
      {{224}, "Архив ФН закрыт", Fact::not_printed, Cause::register_fault},
      {{135}, "Нет транспортного соединения ФН", Fact::unknown, Cause::ambiguous},  // the OFD's link
      {{139}, "В ФН есть неотправленные ФД", Fact::unknown, Cause::ambiguous},
      {{114, 160, 177, 178}, "Закрытие чека прервано", Fact::unknown, Cause::ambiguous},
      {{189}, "Подходящие лицензии не найдены", Fact::not_printed, Cause::register_fault},
      {{246, 247, 248}, "Срок действия лицензии истёк", Fact::not_printed, Cause::register_fault},
      {marking, "Некорректное значение типа кода маркировки", Fact::not_printed, Cause::data},
  };
}

TEST(ItkassaResult, EveryErrorCodeWithItsWordsHasItsClass) {
  for (const CodeRow& row : code_rows()) {
    for (const int code : row.codes) {
      for (const json::value& spelled : {json::value(code), json::value(std::to_string(code))}) {
        const std::string text = "[ Sale ] " + std::string(row.words);
        const Finding found = posted(failed(spelled, text.c_str()));
        EXPECT_EQ(found.fact, row.fact) << code << text;
        EXPECT_EQ(found.cause, row.cause) << code << text;
        EXPECT_EQ(found.code, std::to_string(code));
        EXPECT_EQ(found.text, text);
        EXPECT_EQ(found.remote_id, kId);
      }
    }
  }
}

// Registers of Shtrih-M answer in the same field with numbers of their own: 113 cutter, 119 printer, 73 open receipt.
TEST(ItkassaResult, ANumberWithoutWordsThatAgreeDecidesNothing) {
  const char* const disagreeing[] = {"",
                                     "[ Sale ] ошибка",
                                     "[ sale ] Ошибка отрезчика",
                                     "[ sale ] Ошибка принтера: нет сигнала с датчиков",
                                     "[ sale ] Операция невозможна в открытом чеке данного типа",
                                     "[ sale ] Нет бумаги"};
  for (const CodeRow& row : code_rows()) {
    for (const int code : row.codes) {
      for (const char* words : disagreeing) {
        EXPECT_EQ(posted(failed(code, words)).fact, Fact::unknown) << code << words;
      }
    }
  }
  EXPECT_EQ(posted(failed(113, "[ sale ] Смена превысила 24 часа")).fact, Fact::unknown);
  EXPECT_EQ(posted(failed(68, "[ sale ] Архив ФН переполнен")).fact, Fact::unknown);
}

TEST(ItkassaResult, ANumberOutsideTheTableLeavesTheWordsAlone) {
  for (const int code : {-1, 5, 15, 18, 22, 43, 48, 67, 69, 72, 74, 78, 115, 116, 122, 138, 142, 403, 422, 9999}) {
    EXPECT_EQ(posted(failed(code)).fact, Fact::unknown) << code;
    EXPECT_EQ(posted(failed(code, "[ sale ] Неверное состояние ФН")).fact, Fact::unknown) << code;
    EXPECT_EQ(posted(failed(code, "[ sale ] Нулевой итог чека")).fact, Fact::unknown) << code;
    EXPECT_EQ(posted(failed(code, "[ sale ] Смена превысила 24 часа")).cause, Cause::shift_expired) << code;
  }
}

TEST(ItkassaResult, AValidationErrorIsDataAndAnUnknownTextIsNot) {
  EXPECT_EQ(posted(failed("0", "Не заполнено обязательное поле title")).cause, Cause::data);
  EXPECT_EQ(posted(failed(nullptr, "Поле price: некорректное значение")).cause, Cause::data);
  for (const char* text :
       {"", "Что-то пошло не так", "Задание выполнено на ККТ, неверный ответ", "Нет связи, не указан порт"}) {
    const Finding found = posted(failed("0", text));
    EXPECT_EQ(found.fact, Fact::unknown) << text;
    EXPECT_EQ(found.cause, Cause::ambiguous) << text;
  }
  EXPECT_EQ(posted(failed("E12")).fact, Fact::unknown);
}

TEST(ItkassaResult, ReadsTheResultAtTheObjectsLevelToo) {
  json::object object = queued();
  object["result"] = "critical_error";
  object["lastErrorId"] = 73;
  object["lastErrorMessage"] = "[ Sale ] Смена закрыта";
  object["result_description"] = "Задание выполнено на ККТ";
  const Finding found = posted(object);
  EXPECT_EQ(found.cause, Cause::shift_closed);
  EXPECT_EQ(found.text, "[ Sale ] Смена закрыта; Задание выполнено на ККТ");
}

// §11.3: paper ran out while printing; the receipt is in the storage.
TEST(ItkassaResult, AnErrorWithASignedDocumentIsPrintedWithAWarning) {
  json::object object = printed_document();
  object["resultItem"] = {{"result", "critical_error"}, {"creErrorId", "44"}, {"creErrorText", "Нет бумаги"}};
  const Finding found = posted(object);
  ASSERT_EQ(found.fact, Fact::printed);
  EXPECT_TRUE(found.warning);
  EXPECT_EQ(found.code, "44");
  EXPECT_EQ(found.document->fd, 1204u);
}

TEST(ItkassaResult, AnErrorWithHalfADocumentIsUnknown) {
  for (const char* kept : {"checkNumber", "checkSign"}) {
    json::object object = failed("66");
    object[kept] = printed_document()[kept];
    const Finding found = posted(object);
    EXPECT_EQ(found.fact, Fact::unknown) << kept;
    EXPECT_TRUE(found.alarm);
  }
}

TEST(ItkassaResult, AnUnreadableQrIsAWarningBesideSuccessAndADoubtBesideAnError) {
  json::object success = printed_document();
  success["checkUrl"] = "t=20260301T120041&s=тысяча";
  EXPECT_EQ(posted(success).fact, Fact::printed);
  EXPECT_TRUE(posted(success).warning);
  json::object error = failed("66");
  error["checkUrl"] = "t=20260301T120041&s=тысяча";
  EXPECT_EQ(posted(error).fact, Fact::unknown);
  EXPECT_TRUE(posted(error).alarm);
}

TEST(ItkassaResult, ContradictionsAreUnknownWithAnAlarm) {
  const auto changed = [](const char* name, const json::value& value) {
    json::object object = printed_document();
    object[name] = value;
    return object;
  };
  json::object success_and_error = printed_document();
  success_and_error["resultItem"].as_object()["creErrorId"] = "44";
  success_and_error["checkUrl"] = success_and_error["checkNumber"] = success_and_error["checkSign"] = nullptr;
  json::object odd_word = printed_document();
  odd_word["resultItem"].as_object()["result"] = "warning";
  json::object no_word = printed_document();
  no_word["resultItem"].as_object().erase("result");
  const json::object rows[] = {
      changed("checkUrl", "t=20260301T120041&s=1000.01&fn=7380440800000001&i=1204&fp=3115223344&n=1"),  // another sum
      changed("checkUrl", "t=20260301T120041&s=1000.00&fn=7380440800000001&i=1204&fp=3115223344&n=2"),  // another sign
      changed("checkUrl", "t=20260301T120041&s=0.00&fn=&i=0&fp=3115223344&n=0"),  // signed, but empty
      changed("checkNumber", "1205"),
      changed("checkSign", "3115223345"),
      changed("fsNumber", "7380440800000002"),
      changed("result", "critical_error"),  // resultItem says success
      success_and_error,
      odd_word,
      no_word,
  };
  for (const json::object& object : rows) {
    const Finding found = posted(object);
    EXPECT_EQ(found.fact, Fact::unknown) << json::serialize(object);
    EXPECT_EQ(found.cause, Cause::ambiguous);
    EXPECT_TRUE(found.alarm) << json::serialize(object);
    EXPECT_FALSE(found.document);
  }
}

TEST(ItkassaResult, LeadingZerosOfTheSignAreNoContradiction) {
  json::object object = printed_document();
  object["checkUrl"] = "t=20260301T120041&s=1000.00&fn=7380440800000001&i=1204&fp=0015223344&n=1";
  object["checkSign"] = 15223344;
  EXPECT_EQ(posted(object).fact, Fact::printed);
}

TEST(ItkassaResult, SuccessWithAFaultIsBelievedWhenSigned) {
  json::object object = printed_document();
  object["resultItem"].as_object()["creErrorId"] = "44";
  const Finding found = posted(object);
  EXPECT_EQ(found.fact, Fact::printed);
  EXPECT_TRUE(found.warning);
}

TEST(ItkassaResult, OpeningAnOpenShiftAndClosingAClosedOneSucceed) {
  const auto shift = [](ShiftCommand command, const char* type, int code, const char* words) {
    json::object object = failed(code, words);
    object["type"] = type;
    object["commands"] = json::array{json::object{{"type", type}}};
    return posted(object, asked_shift(command));
  };
  EXPECT_EQ(shift(ShiftCommand::open, "openSession", 83, "Смена уже открыта").fact, Fact::printed);
  EXPECT_EQ(shift(ShiftCommand::close, "closeSession", 73, "Смена закрыта").fact, Fact::printed);
  EXPECT_EQ(shift(ShiftCommand::close, "closeSession", 83, "Смена уже открыта").fact, Fact::unknown);
  EXPECT_EQ(shift(ShiftCommand::open, "openSession", 68, "Смена превысила 24 часа").cause, Cause::shift_expired);
  EXPECT_EQ(shift(ShiftCommand::open, "openSession", 16, "Некорректный ИНН кассира").cause, Cause::register_fault);
}

TEST(ItkassaResult, AShiftReportHasADocumentWithoutTotalAndSign) {
  json::object object = printed_document();
  object["type"] = "closeSession";
  object["commands"] = json::array{json::object{{"type", "closeSession"}}};
  object["checkUrl"] = "";
  const Finding found = posted(object, asked_shift(ShiftCommand::close));
  ASSERT_EQ(found.fact, Fact::printed);
  EXPECT_EQ(found.document->fd, 1204u);
  object["checkUrl"] = kQr;
  EXPECT_EQ(posted(object, asked_shift(ShiftCommand::close)).code, "contradiction") << "a receipt's";
}

// exactly-once.md 7
TEST(ItkassaQuery, ADocumentOfAnotherContentIsNeverOurs) {
  const auto changed = [](const char* name, const json::value& value) {
    json::object object = printed_document();
    if (value.is_null()) {
      object.erase(name);
    } else {
      object[name] = value;
    }
    return object;
  };
  json::object other_sum = printed_document();
  other_sum["commands"].as_array()[0].as_object()["lines"].as_array()[0].as_object()["total"] = "999.00";
  json::object no_evidence = changed("idempKey", nullptr);
  no_evidence.erase("commands");
  const json::object rows[] = {changed("idempKey", "another"),
                               changed("creItemId", "99999999-2222-3333-4444-555555555555"),
                               changed("creItemId", nullptr),
                               changed("type", "returnSale"),
                               changed("type", nullptr),
                               other_sum,
                               no_evidence};
  for (const json::object& object : rows) {
    const Finding found = by_key(object);
    EXPECT_EQ(found.fact, Fact::unknown) << json::serialize(object);
    EXPECT_EQ(found.code, "foreign_document");
    EXPECT_TRUE(found.alarm);
    EXPECT_EQ(found.remote_id, "");
  }
  EXPECT_EQ(by_key(printed_document()).fact, Fact::printed);
  EXPECT_EQ(by_key(changed("idempKey", nullptr)).fact, Fact::printed);  // the echoed commands show our content
  EXPECT_EQ(by_key(changed("commands", nullptr)).fact, Fact::printed);  // the key does
}

TEST(ItkassaQuery, AnotherDocumentOfTheSameKeyIsTheHighestAlarm) {
  const Finding found =
      read_queried(200, wrap(printed_document()), requested("bbbbbbbb-0000-4000-8000-000000000002"), QueryBy::key);
  EXPECT_EQ(found.fact, Fact::unknown);
  EXPECT_EQ(found.code, "duplicate_document");
  EXPECT_TRUE(found.alarm);
}

struct QueryRow {
  int status;
  const char* body;
  Fact by_key;
  Cause by_key_cause;
  Fact by_id;
};

TEST(ItkassaQuery, OnlyACleanNegativeIsAbsence) {
  const QueryRow rows[] = {
      {404, R"({"code":1,"message":"Not found"})", Fact::absent, Cause::none, Fact::unknown},
      {404, R"({"name":"Not Found","status":404})", Fact::absent, Cause::none, Fact::unknown},
      {200, R"({"code":0,"object":null})", Fact::absent, Cause::none, Fact::unknown},
      {200, R"({"code":0,"object":[]})", Fact::absent, Cause::none, Fact::unknown},
      {200, R"({"code":3,"message":"Документ не найден"})", Fact::absent, Cause::none, Fact::unknown},
      {404, R"({"code":1,"message":"Документ уже напечатан"})", Fact::unknown, Cause::transient, Fact::unknown},
      {404, "<html>404</html>", Fact::unknown, Cause::transient, Fact::unknown},
      {404, "", Fact::unknown, Cause::transient, Fact::unknown},
      {200, R"({"code":3,"message":"Неизвестно что"})", Fact::unknown, Cause::transient, Fact::unknown},
      {200, R"({"code":3,"message":"Нет доступа"})", Fact::unknown, Cause::register_fault, Fact::unknown},
      {200, R"({"code":0,"obj)", Fact::unknown, Cause::transient, Fact::unknown},
      {200, R"({"object":null})", Fact::unknown, Cause::transient, Fact::unknown},
      {401, R"({"code":1})", Fact::unknown, Cause::register_fault, Fact::unknown},
      {403, "", Fact::unknown, Cause::register_fault, Fact::unknown},
      {429, R"({"code":1})", Fact::unknown, Cause::transient, Fact::unknown},
      {500, R"({"code":1,"message":"Документ не найден"})", Fact::unknown, Cause::transient, Fact::unknown},
      {502, "", Fact::unknown, Cause::transient, Fact::unknown},
  };
  for (const QueryRow& row : rows) {
    const Finding found = read_queried(row.status, row.body, requested(), QueryBy::key);
    EXPECT_EQ(found.fact, row.by_key) << row.status << row.body;
    EXPECT_EQ(found.cause, row.by_key_cause) << row.status << row.body;
    EXPECT_EQ(read_queried(row.status, row.body, requested(kId), QueryBy::id).fact, row.by_id)
        << row.status << row.body;
  }
}

TEST(ItkassaQuery, TellsQueuedFromLeftWithoutResult) {
  json::object object = queued();
  object["queueItem"] = {{"status", "new"}};
  EXPECT_EQ(by_key(object).code, "queued");
  object["queueItem"] = nullptr;
  EXPECT_EQ(by_key(object).code, "left_queue");
  EXPECT_EQ(by_key(object).fact, Fact::pending);
}

TEST(ItkassaQuery, AnIdUnfitForAUrlIsNotKept) {
  json::object object = queued();
  object["id"] = "../../cre/items/?x";
  EXPECT_EQ(by_key(object).remote_id, "");
}

// §13
TEST(ItkassaCallback, TakesTheBareObjectByKeyOrId) {
  const std::string body = json::serialize(printed_document());
  const auto by_key_found = read_called_back(body, requested());
  ASSERT_TRUE(by_key_found);
  EXPECT_EQ(by_key_found->fact, Fact::printed);
  EXPECT_EQ(by_key_found->remote_id, kId);
  json::object without_key = printed_document();
  without_key.erase("idempKey");
  ASSERT_TRUE(read_called_back(json::serialize(without_key), requested(kId)));
  EXPECT_EQ(read_called_back(json::serialize(without_key), requested(kId))->fact, Fact::printed);
}

TEST(ItkassaCallback, IgnoresOtherDocumentsAndBrokenBodies) {
  json::object other = printed_document();
  other["idempKey"] = "another";
  other["id"] = "bbbbbbbb-0000-4000-8000-000000000002";
  EXPECT_FALSE(read_called_back(json::serialize(other), requested(kId)));
  EXPECT_FALSE(read_called_back(json::serialize(other), requested()));
  EXPECT_FALSE(read_called_back(R"({"id":"aaaa)", requested()));
  EXPECT_FALSE(read_called_back("[]", requested()));
  EXPECT_FALSE(read_called_back("{}", requested()));
}

TEST(ItkassaCallback, AContradictoryOneIsUnknownWithAnAlarm) {
  json::object other_id = printed_document();
  other_id["id"] = "bbbbbbbb-0000-4000-8000-000000000002";
  EXPECT_EQ(read_called_back(json::serialize(other_id), requested(kId))->code, "duplicate_document");
  json::object other_key = printed_document();
  other_key["idempKey"] = "another";
  EXPECT_EQ(read_called_back(json::serialize(other_key), requested(kId))->code, "foreign_document");
  json::object other_register = printed_document();
  other_register["creItemId"] = "99999999-2222-3333-4444-555555555555";
  EXPECT_EQ(read_called_back(json::serialize(other_register), requested())->code, "foreign_document");
}

}  // namespace
}  // namespace kassaflow::registers::itkassa
