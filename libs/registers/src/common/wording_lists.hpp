#pragma once
// The lists that wording.cpp reads by: what proves, what outranks, what adds nothing. An entry is the beginning of a
// word, `$` ends a whole word; two entries in one text stand for consecutive words.

#include <string_view>

#include "common/wording.hpp"

namespace kassaflow::registers {

// WordSequence that say that a document exists, or that the work was done. They outrank every fault.
inline constexpr std::string_view kDocumentWords[] = {
    "пробит",       "пробил",    "выбит",       "выбил",           "сформирован",
    "сформировал",  "оформлен",  "оформил",     "зарегистрирован", "зарегистрировал",
    "закрыт$",      "закрыта$",  "закрыто$",    "закрыты$",        "закрыл",
    "напечат",      "отпечат",   "распечат",    "печата",          "выдан",
    "сохранен",     "сохранил",  "записан",     "записал",         "фискализирован",
    "фискализовал", "проведен",  "провел",      "прошел",          "прошла",
    "прошло",       "принят",    "передан",     "доставлен",       "подписан",
    "подписал",     "создан",    "выпущен",     "готов",           "завершен",
    "завершил",     "выполнен",  "выполнил",    "исполнен",        "успе",
    "удачн",        "сделан",    "существует",  "имеется",         "есть$",
    "уже$",         "ранее$",    "получен",     "получил",         "присвоен",
    "учтен",        "внесен",    "добавлен",    "обработан",       "состоял",
    "ушел",         "ушла",      "ушло",        "вышел",           "оплачен",
    "оплатил",      "одобрен",   "подтвержден", "зафиксирован",    "отправлен",
    "отправил",     "отбит",     "появил",      "находится",       "print",
    "registered",   "fiscali",   "executed",    "completed",       "complete$",
    "done$",        "success",   "succeed",     "issued",          "closed$",
    "stored",       "saved",     "signed",      "created",         "sent$",
    "accepted",     "processed", "exists",      "already",         "finished",
    "passed",       "approved",  "recorded",    "formed",          "punched",
    "delivered",    "received"};

inline constexpr std::string_view kFutureWords[] = {
    "истекает$",  "истекают$",  "истечет",    "истекут",   "истечени", "скоро$",    "вскоре",     "через$",
    "остал",      "остае",      "остают",     "остаток",   "будет$",   "будут$",    "буде",       "заканчива",
    "закончится", "закончатся", "кончается",  "кончаются", "подходит", "окончани",  "близ",       "приближ",
    "предсто",    "завтра",     "предупрежд", "внимание",  "рекоменд", "заблаговр", "не позднее", "soon",
    "will$",      "expires",    "expiring",   "remain",    "left$",    "warning",   "about to"};

// Faults that say nothing about the storage: it may have signed before.
inline constexpr std::string_view kDeviceWords[] = {
    "бумаг",        "лент",       "крышк",      "принтер", "резак",      "отрез",         "механич",
    "перегре",      "связ",       "соединен",   "таймаут", "тайм аут",   "timeout",       "ответ",
    "не отвеча",    "порт$",      "порта$",     "порту$",  "потер",      "отключен",      "выключен",
    "не подключ",   "прерван",    "прервал",    "сбой",    "сбои",       "питан",         "напряжен",
    "аварийн",      "незаверш",   "не заверш",  "ожидан",  "чек открыт", "открыт чек",    "документ открыт",
    "открытый чек", "печат",      "напечат",    "отпечат", "распечат",   "тахогенератор", "датчик",
    "термоголовк",  "головк",     "обмен",      "сеть$",   "сети$",      "сетев",         "интернет",
    "занят",        "зависл",     "перезагруз", "офд$",    "отправ",     "пересыл",       "рассыл",
    "доставк",      "письм",      "email",      "mail",    "почт",       "smtp",          "sms",
    "смс",          "копи",       "paper",      "cutter",  "cover",      "power",         "network",
    "offline",      "connection", "connect",    "link$",   "timed"};

inline constexpr std::string_view kDuplicates[] = {"уже обработ", "уже выполн", "уже оплач",  "уже существ",
                                                   "уже использ", "уже принят", "повторн",    "дубл",
                                                   "duplicate",   "already",    "идемпотент", "idemp"};

// WordSequence of a refusal that add nothing to it. What is not here, and not in a phrase, leaves the outcome open.
// clang-format off: a word list fills its lines
inline constexpr std::string_view kNeutralWords[] = {
    "ошибк", "ошибочн", "error", "err$", "code", "код$", "кода$", "коде$", "кодом$", "чек$", "чека$", "чеке$",
    "чеку$", "документ$", "документа$", "документе$", "касса$", "кассы$", "кассе$", "кассу$", "кассой$", "кассов",
    "ккт$", "ккм$", "фр$", "фискальн регистратор", "регистратор", "прошивк", "верси", "модел", "реализаци", "режим$",
    "режима$", "в$", "во$", "на$", "для$", "при$", "по$", "с$", "со$", "и$", "или$", "у$", "за$", "к$", "из$", "от$",
    "об$", "о$", "а$", "то$", "так$", "как$", "т$", "потому$", "что$", "это", "этот", "эта$", "эту$", "этой", "данн",
    "ее$", "снова$", "причин", "значен", "сочетани", "формат", "номер", "тип$", "типа$", "типов$", "типом$", "типу$",
    "вид$", "вида$", "размер", "длинн", "коротк", "больш", "мал$", "максимальн", "минимальн", "одна$", "один$",
    "одной", "одном", "всех$", "весь$", "обязательн", "имеет$", "товар", "услуг", "строк", "предел", "допустим",
    "разрешенн", "лимит", "кол$", "безналичн", "наличн", "вносим", "клиент", "основн", "повышенн", "расчетн",
    "расчет", "операци", "команд", "запрос", "действи", "невозможн", "недопустим", "запрещен", "отказ", "отклонен",
    "отклонил", "не удалось", "не могу", "не может", "критическ", "критичн", "валидаци", "проверк", "проверьте",
    "исправьте", "обратитесь", "сервис", "центр", "служб", "поддержк", "техподдержк", "цто$", "регистраци", "закрыти",
    "открыти", "оформлени", "формировани", "выполнени", "обработк", "добавлени", "программировани", "установк",
    "устанавлива", "закройте смен", "закройте и откройте", "закройте ее", "снимите z отчет", "сделайте z отчет",
    "выполните z отчет", "необходим закрыть", "нужно закрыть", "требуется закрыть", "следует закрыть", "открыть$",
    "закрыть$", "смен$", "смена$", "смены$", "смену$", "смене$", "сменой$", "нов$", "новую$", "повторите$", "попытк",
    "обновит", "обновлени", "замените фн$", "требуется замена фн$", "необходим замена фн$", "необходим", "час$",
    "часа$", "часов$", "ч$", "рублей$", "руб$", "копе", "процент", "sale$", "sell$", "returnsale", "buy$",
    "returnbuy", "opensession", "closesession", "report", "xreport", "correction", "position", "payment$",
    "registration", "atol", "атол", "штрих", "shtrih", "kkt$", "меркури", "fptr", "libfptr", "drv", "is$", "are$",
    "the$", "of$", "in$", "for$", "must$", "be$", "to$", "a$", "an$", "value", "number", "field", "bad$", "request",
    "action", "header", "указан$", "указана$", "указано$", "электронн", "command", "data$", "данных$", "receipt",
    "packet", "object", "объект", "организаци", "магазин", "кабинет", "зарегистрировать$", "оформить$", "пробить$",
    "сформировать$", "провести$", "выполнить$", "добавить$", "создать$", "текущ", "систем", "символ", "результат$",
    "отрицательн", "списк", "списке$", "драйвер", "устройств", "обновить$", "использовани", "требуется$", "нужно$",
    "следует$", "момента$", "rate$", "type$", "selected", "long$", "required", "than$", "greater", "быть$",
    "пожалуйста", "клиентск", "сервер", "server"};
// clang-format on

// Parts of a receipt a refusal may name.
inline constexpr std::string_view kFields =
    "ставк|ндс|налог|tax|vat|nds|сумм|цен$|цена$|цены$|цену$|цене$|ценой$|стоимост|количеств|предмет|способ|"
    "признак|налогообложен|сно$|инн$|inn$|реквизит|тег|тэг|tag|поле$|поля$|полей$|полю$|полем$|наименован|назван|"
    "номенклатур|позици|оплат|платеж|итог|маркир|маркировк|gtin|км$|datamatrix|единиц|мера$|меры$|меру$|кассир|"
    "покупател|поставщик|агент|параметр|акциз|скидк|надбавк|атрибут|tlv|ффд|длин|title|price|total|quantity|amount|"
    "lines|line$|commands|ppr$|psr$|sno$|фио$|место$|места$|структур|секци|отдел";
inline constexpr std::string_view kContacts = "email|mail|почт|телефон|phone|контакт|адрес|contact";
inline constexpr std::string_view kBad =
    "некоррект|неверн|недопуст|неправильн|неподдерж|неизвестн|ошибочн|запрещен|неразреш|недействит|несоответств|"
    "несовпад|invalid|incorrect|wrong|unsupported|unknown|missing|illegal|malformed";
// After "не".
inline constexpr std::string_view kUnmet =
    "поддерж|указан|задан|заполн|соответ|совпад|равн$|равна$|равно$|равны$|равен$|разреш|допуст|допуска|допущ|долж|"
    "может|корректн|верн$|верна$|верно$|верны$|верен$|введен|запрограммир|настроен|определен|распозна|доступн|знает|"
    "умеет|предусмотр|содерж|существ|найден|известн|установлен|хватает|valid|supported|set$|specified|allowed|provided|"
    "filled";
inline constexpr std::string_view kWrongHow =
    "отсутств|обязател|обязан|превыш|слишком|меньше|больше|пуст$|пуста$|пусто$|пустая$|пустой$|пустое$|недоступн|"
    "required|exceed|too$|blank|empty";

// Who may say a row, as a set of speakers.
inline constexpr unsigned kFirmware = 1U << static_cast<unsigned>(Speaker::register_itself);
inline constexpr unsigned kCoded = 1U << static_cast<unsigned>(Speaker::coded_register);
inline constexpr unsigned kPacket = 1U << static_cast<unsigned>(Speaker::refused_packet);
inline constexpr unsigned kService = 1U << static_cast<unsigned>(Speaker::refusing_service);
inline constexpr unsigned kAnyone = kFirmware | kCoded | kPacket | kService;
inline constexpr unsigned kBeforeWork = kPacket | kService;  // refused before any command ran

// One refusal of the closed list. `phrase`: elements of consecutive words; `a|b` alternatives, `@group` a list above,
// `*` up to five words of fields and neutral words, `?` at the end of an element: it may be absent, `^` the text or a
// bracket begins here.
struct Row {
  Meaning meaning;
  unsigned heard;
  std::string_view phrase;
  bool advice = false;  // speaks only when nothing else does
};

// Texts are those of ATOL's driver 10 and of Shtrih-M's and the storage's own tables; itkassa.md §8 and bit-driver.md
// §8 say that they come before the storage signs. A row with kCoded alone needs the table's number beside it.
inline constexpr Row kRefusals[] = {
    // Shift longer than 24 hours: itkassa.md §8 68 and 141, Shtrih-M 78 and 22; bit-driver.md §8 "shift > 24 h".
    {Meaning::shift_expired, kAnyone, "смен|смена * превысил|превышает$|превышена$ 24 час|ч$|часа$"},
    {Meaning::shift_expired, kAnyone, "смен|смена * превысил|превышает$|превышена$ 24ч"},
    {Meaning::shift_expired, kAnyone, "смен * длится?|открыта$? более|больше|дольше 24 час|ч$"},
    {Meaning::shift_expired, kAnyone, "смен * длится?|открыта$? более|больше|дольше 24ч"},
    {Meaning::shift_expired, kAnyone, "смен * длится?|открыта$? более|больше|дольше суток"},
    {Meaning::shift_expired, kAnyone,
     "длительност|продолжительност|время смен фн$? превысил|превышает$|превышена$ 24 час"},
    {Meaning::shift_expired, kAnyone, "длительност|продолжительност смен фн$? более|больше|превышает$? 24 час"},
    {Meaning::shift_expired, kAnyone, "длительност|продолжительност смен фн$? более|больше суток"},
    {Meaning::shift_expired, kAnyone, "превышен * длительност|продолжительност|время смен"},
    {Meaning::shift_expired, kAnyone, "истекла$|истек$ смен"},
    {Meaning::shift_expired, kAnyone, "смена$ истекла$|просрочена$"},
    {Meaning::shift_expired, kAnyone, "истек$|истекло$ срок|время смен"},
    {Meaning::shift_expired, kAnyone, "срок|время смен истек$|истекло$"},
    {Meaning::shift_expired, kAnyone, "истекли$|истекло$|прошло$ 24 часа с$? момента? открытия? смен?"},
    {Meaning::shift_expired, kAnyone, "24 часа$ кончились$|закончились$|истекли$"},
    {Meaning::shift_expired, kAnyone, "смен не$ закрыта$ прошло$ больше|более 24|суток час?"},
    {Meaning::shift_expired, kAnyone, "смен не$ закрыта$ больше|более 24|суток час?"},
    {Meaning::shift_expired, kAnyone, "прошло$? больше|более 24|суток час? с$? момента открытия смен"},
    {Meaning::shift_expired, kAnyone, "с$ момента открытия смен прошло$ больше|более 24|суток час?"},
    {Meaning::shift_expired, kAnyone, "shift|session is$? expired|exceeded 24? hours?"},
    // Shift closed: itkassa.md §8 73, Shtrih-M 61; bit-driver.md §10.
    {Meaning::shift_closed, kAnyone, "смена$ уже$? закрыта$"},
    {Meaning::shift_closed, kAnyone, "закрыта$ смена$"},
    {Meaning::shift_closed, kAnyone, "при закрытой$ смене$"},
    {Meaning::shift_closed, kAnyone, "смена$ не$ открыта$"},
    {Meaning::shift_closed, kAnyone, "не$ открыта$ смена$"},
    {Meaning::shift_closed, kAnyone, "нет$ открытой$ смены$"},
    {Meaning::shift_closed, kAnyone, "откройте$ смену$", true},
    {Meaning::shift_closed, kAnyone, "необходимо|нужно|требуется|следует открыть смену$", true},
    {Meaning::shift_closed, kAnyone, "shift|session is$? closed$|not$ open|opened?"},
    // Shift open: itkassa.md §8 83, bit-driver.md §10. Certain only for an opening.
    {Meaning::shift_open, kAnyone, "смена$ уже$? открыта$"},
    {Meaning::shift_open, kAnyone, "shift|session is$? already? open|opened"},
    // The storage is used up: itkassa.md §8 120, 121, 136, 137, 140, 224; Shtrih-M 5, 6, 18, 20, 21.
    {Meaning::register_fault, kAnyone, "истек$ срок действия|эксплуатации|службы|использования|жизни фн$"},
    {Meaning::register_fault, kAnyone, "истек$ срок фн$"},
    {Meaning::register_fault, kAnyone, "истек$ срок действия|эксплуатации|службы|использования фискальн накопител"},
    {Meaning::register_fault, kAnyone, "срок действия|эксплуатации|службы|использования|жизни фн$ истек$|закончен$"},
    {Meaning::register_fault, kAnyone, "срок действия|эксплуатации|службы фискальн накопител истек$|закончен$"},
    {Meaning::register_fault, kAnyone, "срок фн$ истек$"},
    {Meaning::register_fault, kAnyone, "закончен$|закончился$ срок эксплуатации|действия|службы фн$"},
    {Meaning::register_fault, kAnyone, "архив фн$ переполнен$|закрыт$|исчерпан$|заполнен$"},
    {Meaning::register_fault, kAnyone, "переполнен$ архив фн$"},
    {Meaning::register_fault, kAnyone, "исчерпан$ ресурс хранения фд$?|фн$?"},
    {Meaning::register_fault, kAnyone, "ресурс хранения фд$?|фн$? исчерпан$"},
    {Meaning::register_fault, kAnyone, "исчерпан$ ресурс кс$ фн$?"},
    {Meaning::register_fault, kAnyone, "исчерпан$ ресурс кс$ криптографического сопроцессора"},
    {Meaning::register_fault, kAnyone, "исчерпан$ криптографический ресурс фн$?"},
    {Meaning::register_fault, kAnyone, "ресурс кс$ фн$? исчерпан$"},
    {Meaning::register_fault, kAnyone, "исчерпан$ ресурс ожидания передачи сообщени в$? фн$?"},
    {Meaning::register_fault, kAnyone, "ресурс ожидания передачи сообщени в$? фн$? исчерпан$"},
    {Meaning::register_fault, kAnyone, "^ фн$ исчерпан$"},
    {Meaning::register_fault, kAnyone, "^ фн$ исчерпан$ ресурс хранения|кс$"},
    {Meaning::register_fault, kAnyone, "^ фн$ исчерпан$ ресурс ожидания передачи сообщени"},
    {Meaning::register_fault, kAnyone, "исчерпан$ ресурс фн$"},
    {Meaning::register_fault, kAnyone, "ресурс фн$ исчерпан$"},
    // Faults of the storage: itkassa.md §8 113, 117-119, only beside their number.
    {Meaning::register_fault, kCoded, "неверн состояни фн$"},
    {Meaning::register_fault, kCoded, "неисправим ошибк фн$"},
    {Meaning::register_fault, kCoded, "ошибк кс$ фн$?"},
    {Meaning::register_fault, kCoded, "ошибк фн$"},
    {Meaning::register_fault, kCoded, "неисправн фн$"},
    {Meaning::register_fault, kCoded, "фн$ неисправ"},
    {Meaning::register_fault, kCoded, "активация данного фн$ в$ составе данной ккт$ невозможна"},
    // Licences: itkassa.md §8 189, 246-248.
    {Meaning::register_fault, kAnyone, "подходящие? лицензи * не$ найден|введен|действ|подходит|активн|активир"},
    {Meaning::register_fault, kAnyone, "лицензи * отсутств|истек$|истекла$|недейств|заблокир|некорректн"},
    {Meaning::register_fault, kAnyone, "истекла$|истек$ срок? действия? лицензи"},
    {Meaning::register_fault, kAnyone, "срок действия? лицензи истек$"},
    {Meaning::register_fault, kAnyone, "нет$|отсутств лицензи"},
    {Meaning::register_fault, kAnyone, "не$ найдена$ лицензи"},
    {Meaning::register_fault, kAnyone, "license not$|is$? found|expired|invalid|missing"},
    {Meaning::register_fault, kAnyone, "не$ разрешена * лицензи"},
    {Meaning::register_fault, kCoded, "лицензи"},
    // Token and rights: bit-driver.md §8 "token/format/CORS", itkassa.md §1.
    {Meaning::register_fault, kAnyone, "@bad * токен|token"},
    {Meaning::register_fault, kAnyone, "токен|token * @bad|отсутств|просрочен|отозван|заблокир|истек$"},
    {Meaning::register_fault, kAnyone, "токен|token * не$|not$ @unmet|действ|зарегистр|найден|found|valid|известен"},
    {Meaning::register_fault, kAnyone, "не$ указан|задан|найден * токен"},
    {Meaning::register_fault, kAnyone, "отсутствует|нет$ * токен"},
    {Meaning::register_fault, kAnyone, "token expired|is$? missing|invalid|expired"},
    {Meaning::register_fault, kAnyone, "доступ * запрещ|ограничен|отклонен"},
    {Meaning::register_fault, kAnyone, "доступ закрыт$"},
    {Meaning::register_fault, kAnyone, "нет$ доступа"},
    {Meaning::register_fault, kAnyone, "доступа нет$"},
    {Meaning::register_fault, kAnyone, "отказано в$ доступе"},
    {Meaning::register_fault, kAnyone, "в$ доступе отказано"},
    {Meaning::register_fault, kAnyone, "нет$|недостаточно прав"},
    {Meaning::register_fault, kAnyone, "ошибка авторизации|аутентификации"},
    {Meaning::register_fault, kAnyone, "не$ авторизован"},
    {Meaning::register_fault, kAnyone, "access denied"},
    {Meaning::register_fault, kAnyone, "forbidden|unauthorized|unauthorised"},
    {Meaning::register_fault, kBeforeWork, "authorization|authentication required|failed|error"},
    // The packet itself and the site it comes from: bit-driver.md §8, §3.3.
    {Meaning::register_fault, kPacket, "cors$"},
    {Meaning::register_fault, kPacket, "origin|сайт|домен * не$|not$ разреш|добавлен|найден|allowed|указан|known"},
    {Meaning::register_fault, kPacket, "origin|сайт|домен * @bad|запрещ|blocked|denied"},
    {Meaning::register_fault, kPacket, "неверн|некоррект|неправильн формат json$?|пакет?|запрос?|данных$?"},
    {Meaning::register_fault, kPacket, "ошибк формат json$?|пакет?|запрос?|данных$?"},
    {Meaning::register_fault, kPacket, "@bad json|пакет|запрос|action"},
    {Meaning::register_fault, kPacket, "ошибк * разбор|парсинг * json|пакет|запрос|данных"},
    {Meaning::register_fault, kPacket, "синтаксическая ошибк"},
    {Meaning::register_fault, kPacket, "ошибк синтаксис * json?"},
    {Meaning::register_fault, kPacket, "syntax|parse|parsing error"},
    {Meaning::register_fault, kPacket, "не$ указан|задан|найден * заголов|action"},
    {Meaning::register_fault, kPacket, "отсутств|нет$ * заголов"},
    {Meaning::register_fault, kPacket, "неизвестн * команд"},
    {Meaning::register_fault, kPacket, "пустой пакет|запрос|json"},
    {Meaning::register_fault, kPacket, "пакет|запрос|json пуст$|некоррект|неверн"},
    // Key, register and tariff: itkassa.md §1, §7, §8 "API".
    {Meaning::register_fault, kService, "@bad ключ api|апи|доступа"},
    {Meaning::register_fault, kService, "ключ api|апи|доступа * не$ @unmet|действ|активен"},
    {Meaning::register_fault, kService,
     "ключ api|апи|доступа * @bad|заблокир|отозван|просрочен|истек$|отключен|удален"},
    {Meaning::register_fault, kService, "не$ указан|задан|найден ключ api|апи|доступа"},
    {Meaning::register_fault, kService, "@bad x? api? key|apikey"},
    {Meaning::register_fault, kService, "api key|apikey * @bad|revoked|expired|missing|disabled"},
    {Meaning::register_fault, kService, "api? key|apikey * not$ found|valid|active"},
    {Meaning::register_fault, kService,
     "касса$|ккт$ * не$ найден|зарегистрирован|активирован|привязан|принадлеж|существует|активна$"},
    {Meaning::register_fault, kService, "касса$|ккт$|организация|магазин|аккаунт * заблокир|удален"},
    {Meaning::register_fault, kService, "не$ найдена$ касса$"},
    {Meaning::register_fault, kService, "creitem|creitemid * не$|not$ найден|found|указан|существ|known"},
    {Meaning::register_fault, kService, "@bad * creitem|creitemid"},
    {Meaning::register_fault, kService, "creitem|creitemid * @bad"},
    {Meaning::register_fault, kService, "тариф|подписка не$ оплачен"},
    {Meaning::register_fault, kService, "оплатите тариф|подписку"},
    // Known refusals of drivers and firmware that name the receipt: itkassa.md §8 "data error", bit-driver.md §8 "data
    // errors", ffd.md §3.3 (VAT codes depend on firmware), §5.2 (tags depend on the FFD version).
    {Meaning::data, kAnyone, "@bad * @field"},
    {Meaning::data, kAnyone, "@field * @bad"},
    {Meaning::data, kAnyone, "@field * не$|not$ @unmet"},
    {Meaning::data, kAnyone, "не$|not$ @unmet * @field"},
    {Meaning::data, kAnyone, "@field * @how"},
    {Meaning::data, kAnyone, "отсутств|превыш|слишком|пуст|пустая|пустой|пустое * @field"},
    {Meaning::data, kAnyone, "превыш * tlv данных фн$?"},
    {Meaning::data, kAnyone, "некорректн значени параметров команды фн$?"},
    {Meaning::data, kAnyone, "нет$ обязательн * @field"},
    {Meaning::data, kAnyone, "код товар * @bad"},
    {Meaning::data, kAnyone, "@bad * код товар"},
    {Meaning::data, kAnyone, "недопустим регистраци подакцизн товар"},
    {Meaning::data, kAnyone, "запрещен одновременн передач км$ и$ реквизит 1162"},
    {Meaning::data, kAnyone, "не$ может быть * @field"},
    {Meaning::data, kAnyone, "чек оплачен$ не$ полностью"},
    {Meaning::data, kAnyone, "сумма не$? наличных платежей превышает"},
    {Meaning::data, kAnyone, "невозможно закрыть чек данным типом оплаты"},
    {Meaning::data, kAnyone, "невозможно записать реквизит"},
    {Meaning::data, kAnyone, "переполнени итог"},
    {Meaning::data, kAnyone, "переполнени сумм платеж"},
    {Meaning::data, kAnyone, "переполнени диапазон цен|количеств|отдел|оплат"},
    {Meaning::data, kAnyone, "отрицательн|неверн итог|подытог чек"},
    {Meaning::data, kAnyone, "исчерпан$ лимит операций"},
    {Meaning::data, kAnyone, "буфер чека переполнен$"},
    {Meaning::data, kAnyone, "переполнени буфер чек"},
    {Meaning::data, kAnyone, "количество позиций превысило|превышает"},
    {Meaning::data, kAnyone, "код маркировки * фальсифицирован$|отрицательн"},
    {Meaning::data, kAnyone, "проверк * код? маркировки|км$ * не$ пройдена|прошла"},
    {Meaning::data, kAnyone, "проверк * код? маркировки|км$ * отрицательн"},
    {Meaning::data, kAnyone, "не$ удалось распознать код? маркировки|км$"},
    {Meaning::data, kAnyone, "не$ прошел|прошла проверку * маркир|км$"},
    {Meaning::data, kAnyone, "код? маркировки|км$ не$ прошел|прошла|прошли проверку"},
    {Meaning::data, kAnyone, "код? маркировки|км$ не$ принят"},
    {Meaning::data, kAnyone, "товар не$ произведен$ или$ выбыл$"},
    {Meaning::data, kCoded, "маркировк|маркировки|км$"},
    // A contact's format is looked at before; a bad address may be the mailing's trouble after it.
    {Meaning::data, kAnyone, "@bad формат * @contact электронн? почты?"},
    {Meaning::data, kAnyone, "формат * @contact электронн? почты? * @bad"},
    {Meaning::data, kAnyone, "тег|тэг|реквизит 1008 * @bad"},
    {Meaning::data, kAnyone, "@bad * телефон|адрес поставщик|агент|оператор|расчет"},
    {Meaning::data, kBeforeWork, "@bad * @contact электронн? почты?"},
    {Meaning::data, kBeforeWork, "@contact электронн? почты? * @bad|@how"},
    {Meaning::data, kBeforeWork, "@contact электронн? почты? * не$|not$ @unmet"},
    {Meaning::data, kBeforeWork, "не$|not$ @unmet * @contact электронн? почты?"},
    {Meaning::data, kBeforeWork, "ожидается одна команда"},
    {Meaning::data, kBeforeWork, "validation error|failed"},
};

inline constexpr Row kNotFound[] = {
    {Meaning::data, kService, "документ|задание|чек|объект * не$ найден"},
    {Meaning::data, kService, "не$ найден документ|задание|чек|объект"},
    {Meaning::data, kService, "документ|задание * не$ существует$"},
    {Meaning::data, kService, "no such document"},
    {Meaning::data, kService, "document|task|object? not$ found"},
    {Meaning::data, kService, "not$ found"},
};

// Ignored when directly negated ("чек не пробит: смена превысила 24 часа"); a printer's or a mailer's never.
inline constexpr std::string_view kNegatable[] = {
    "пробит",   "сформирован", "оформлен",  "зарегистрирован", "фискализирован", "проведен", "создан",
    "выполнен", "исполнен",    "обработан", "registered",      "fiscali",        "executed", "completed",
    "created",  "processed",   "accepted",  "fulfilled",       "performed"};

}  // namespace kassaflow::registers
