#include "wording.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "text.hpp"

namespace kassaflow::registers {
namespace {

using Texts = std::span<const std::string_view>;

// Words that say that a document exists, or that the work was done. They outrank every fault.
constexpr std::string_view kDocumentWords[] = {
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

constexpr std::string_view kFutureWords[] = {
    "истекает$",  "истекают$",  "истечет",    "истекут",   "истечени", "скоро$",    "вскоре",     "через$",
    "остал",      "остае",      "остают",     "остаток",   "будет$",   "будут$",    "буде",       "заканчива",
    "закончится", "закончатся", "кончается",  "кончаются", "подходит", "окончани",  "близ",       "приближ",
    "предсто",    "завтра",     "предупрежд", "внимание",  "рекоменд", "заблаговр", "не позднее", "soon",
    "will$",      "expires",    "expiring",   "remain",    "left$",    "warning",   "about to"};

// Faults that say nothing about the storage: it may have signed before.
constexpr std::string_view kDeviceWords[] = {
    "бумаг",         "лент",       "крышк",           "принтер",      "резак",    "отрез",      "механич",   "перегре",
    "связ",          "соединен",   "таймаут",         "тайм аут",     "timeout",  "ответ",      "не отвеча", "порт$",
    "порта$",        "порту$",     "потер",           "отключен",     "выключен", "не подключ", "прерван",   "прервал",
    "сбой",          "сбои",       "питан",           "напряжен",     "аварийн",  "незаверш",   "не заверш", "ожидан",
    "чек открыт",    "открыт чек", "документ открыт", "открытый чек", "печат",    "напечат",    "отпечат",   "распечат",
    "тахогенератор", "датчик",     "термоголовк",     "головк",       "обмен",    "сеть$",      "сети$",     "сетев",
    "интернет",      "занят",      "зависл",          "перезагруз",   "офд$",     "отправ",     "пересыл",   "рассыл",
    "доставк",       "письм",      "email",           "mail",     "почт",       "smtp",      "sms",
    "смс",           "копи",       "paper",           "cutter",       "cover",    "power",      "network",   "offline",
    "connection",    "connect",    "link$",           "timed"};

constexpr std::string_view kDuplicates[] = {"уже обработ", "уже выполн", "уже оплач",  "уже существ",
                                            "уже использ", "уже принят", "повторн",    "дубл",
                                            "duplicate",   "already",    "идемпотент", "idemp"};

// Words of a refusal that add nothing to it. What is not here, and not in a phrase, leaves the outcome open.
constexpr std::string_view kNeutralWords[] = {"ошибк",
                                              "ошибочн",
                                              "error",
                                              "err$",
                                              "code",
                                              "код$",
                                              "кода$",
                                              "коде$",
                                              "кодом$",
                                              "чек$",
                                              "чека$",
                                              "чеке$",
                                              "чеку$",
                                              "документ$",
                                              "документа$",
                                              "документе$",
                                              "касса$",
                                              "кассы$",
                                              "кассе$",
                                              "кассу$",
                                              "кассой$",
                                              "кассов",
                                              "ккт$",
                                              "ккм$",
                                              "фр$",
                                              "фискальн регистратор",
                                              "регистратор",
                                              "прошивк",
                                              "верси",
                                              "модел",
                                              "реализаци",
                                              "режим$",
                                              "режима$",
                                              "в$",
                                              "во$",
                                              "на$",
                                              "для$",
                                              "при$",
                                              "по$",
                                              "с$",
                                              "со$",
                                              "и$",
                                              "или$",
                                              "у$",
                                              "за$",
                                              "к$",
                                              "из$",
                                              "от$",
                                              "об$",
                                              "о$",
                                              "а$",
                                              "то$",
                                              "так$",
                                              "как$",
                                              "т$",
                                              "потому$",
                                              "что$",
                                              "из$",
                                              "это",
                                              "этот",
                                              "эта$",
                                              "эту$",
                                              "этой",
                                              "данн",
                                              "ее$",
                                              "снова$",
                                              "причин",
                                              "значен",
                                              "сочетани",
                                              "формат",
                                              "номер",
                                              "тип$",
                                              "типа$",
                                              "типов$",
                                              "типом$",
                                              "типу$",
                                              "вид$",
                                              "вида$",
                                              "размер",
                                              "длинн",
                                              "коротк",
                                              "больш",
                                              "мал$",
                                              "максимальн",
                                              "минимальн",
                                              "одна$",
                                              "один$",
                                              "одной",
                                              "одном",
                                              "всех$",
                                              "весь$",
                                              "обязательн",
                                              "имеет$",
                                              "товар",
                                              "услуг",
                                              "строк",
                                              "предел",
                                              "допустим",
                                              "разрешенн",
                                              "лимит",
                                              "кол$",
                                              "безналичн",
                                              "наличн",
                                              "вносим",
                                              "клиент",
                                              "основн",
                                              "повышенн",
                                              "расчетн",
                                              "расчет",
                                              "операци",
                                              "команд",
                                              "запрос",
                                              "действи",
                                              "невозможн",
                                              "недопустим",
                                              "запрещен",
                                              "отказ",
                                              "отклонен",
                                              "отклонил",
                                              "не удалось",
                                              "не могу",
                                              "не может",
                                              "критическ",
                                              "критичн",
                                              "валидаци",
                                              "проверк",
                                              "проверьте",
                                              "исправьте",
                                              "обратитесь",
                                              "сервис",
                                              "центр",
                                              "служб",
                                              "поддержк",
                                              "техподдержк",
                                              "цто$",
                                              "регистраци",
                                              "закрыти",
                                              "открыти",
                                              "оформлени",
                                              "формировани",
                                              "выполнени",
                                              "обработк",
                                              "добавлени",
                                              "программировани",
                                              "установк",
                                              "устанавлива",
                                              "закройте смен",
                                              "закройте и откройте",
                                              "закройте ее",
                                              "снимите z отчет",
                                              "сделайте z отчет",
                                              "выполните z отчет",
                                              "необходим закрыть",
                                              "нужно закрыть",
                                              "требуется закрыть",
                                              "следует закрыть",
                                              "открыть$",
                                              "закрыть$",
                                              "смен$",
                                              "смена$",
                                              "смены$",
                                              "смену$",
                                              "смене$",
                                              "сменой$",
                                              "нов$",
                                              "новую$",
                                              "повторите$",
                                              "попытк",
                                              "обновит",
                                              "обновлени",
                                              "замените фн$",
                                              "требуется замена фн$",
                                              "необходим замена фн$",
                                              "необходим",
                                              "час$",
                                              "часа$",
                                              "часов$",
                                              "ч$",
                                              "рублей$",
                                              "руб$",
                                              "копе",
                                              "процент",
                                              "sale$",
                                              "sell$",
                                              "returnsale",
                                              "buy$",
                                              "returnbuy",
                                              "opensession",
                                              "closesession",
                                              "report",
                                              "xreport",
                                              "correction",
                                              "position",
                                              "payment$",
                                              "registration",
                                              "atol",
                                              "атол",
                                              "штрих",
                                              "shtrih",
                                              "kkt$",
                                              "меркури",
                                              "fptr",
                                              "libfptr",
                                              "drv",
                                              "is$",
                                              "are$",
                                              "the$",
                                              "of$",
                                              "in$",
                                              "for$",
                                              "must$",
                                              "be$",
                                              "to$",
                                              "a$",
                                              "an$",
                                              "value",
                                              "number",
                                              "field",
                                              "bad$",
                                              "request",
                                              "action",
                                              "header",
                                              "указан$",
                                              "указана$",
                                              "указано$",
                                              "электронн",
                                              "command",
                                              "data$",
                                              "данных$",
                                              "receipt",
                                              "packet",
                                              "object",
                                              "объект",
                                              "организаци",
                                              "магазин",
                                              "кабинет",
                                              "зарегистрировать$",
                                              "оформить$",
                                              "пробить$",
                                              "сформировать$",
                                              "провести$",
                                              "выполнить$",
                                              "добавить$",
                                              "создать$",
                                              "пожалуйста",
                                              "клиентск",
                                              "сервер",
                                              "server"};

// Parts of a receipt a refusal may name.
constexpr std::string_view kFields =
    "ставк|ндс|налог|tax|vat|nds|сумм|цен$|цена$|цены$|цену$|цене$|ценой$|стоимост|количеств|предмет|способ|"
    "признак|налогообложен|сно$|инн$|inn$|реквизит|тег|тэг|tag|поле$|поля$|полей$|полю$|полем$|наименован|назван|"
    "номенклатур|позици|оплат|платеж|итог|маркир|маркировк|gtin|км$|datamatrix|единиц|мера$|меры$|меру$|кассир|"
    "покупател|поставщик|агент|параметр|акциз|скидк|надбавк|атрибут|tlv|ффд|длин|title|price|total|quantity|amount|"
    "lines|line$|commands|ppr$|psr$|sno$|фио$|место$|места$|структур|секци|отдел";
constexpr std::string_view kContacts = "email|mail|почт|телефон|phone|контакт|адрес|contact";
constexpr std::string_view kBad =
    "некоррект|неверн|недопуст|неправильн|неподдерж|неизвестн|ошибочн|запрещен|неразреш|недействит|несоответств|"
    "несовпад|invalid|incorrect|wrong|unsupported|unknown|missing|illegal|malformed";
// After "не".
constexpr std::string_view kUnmet =
    "поддерж|указан|задан|заполн|соответ|совпад|равн$|равна$|равно$|равны$|равен$|разреш|допуст|допуска|допущ|долж|"
    "может|корректн|верн$|верна$|верно$|верны$|верен$|введен|запрограммир|настроен|определен|распозна|доступн|знает|"
    "умеет|предусмотр|существ|найден|известн|установлен|хватает|valid|supported|set$|specified|allowed|provided|filled";
constexpr std::string_view kWrongHow =
    "отсутств|обязател|обязан|превыш|слишком|меньше|больше|пуст$|пуста$|пусто$|пустая$|пустой$|пустое$|недоступн|"
    "required|exceed|too$|blank|empty";

// Who may say a row, as a set of speakers.
constexpr unsigned kFirmware = 1U << static_cast<unsigned>(Speaker::register_itself);
constexpr unsigned kCoded = 1U << static_cast<unsigned>(Speaker::coded_register);
constexpr unsigned kPacket = 1U << static_cast<unsigned>(Speaker::refused_packet);
constexpr unsigned kService = 1U << static_cast<unsigned>(Speaker::refusing_service);
constexpr unsigned kAnyone = kFirmware | kCoded | kPacket | kService;
constexpr unsigned kBeforeWork = kPacket | kService;  // refused before any command ran

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
constexpr Row kRefusals[] = {
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
    {Meaning::shift_expired, kAnyone, "истекли$ 24 часа"},
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
    {Meaning::register_fault, kAnyone, "доступ запрещ|закрыт$|ограничен|отклонен"},
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
     "касса$|ккт$ * не$ найден|зарегистрирован|активирован|привязан|принадлеж|существует"},
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

constexpr Row kNotFound[] = {
    {Meaning::data, kService, "документ|задание|чек|объект * не$ найден"},
    {Meaning::data, kService, "не$ найден документ|задание|чек|объект"},
    {Meaning::data, kService, "документ|задание * не$ существует$"},
    {Meaning::data, kService, "no such document"},
    {Meaning::data, kService, "document|task|object? not$ found"},
    {Meaning::data, kService, "not$ found"},
};

// Ignored when directly negated ("чек не пробит: смена превысила 24 часа"); a printer's or a mailer's never.
constexpr std::string_view kNegatable[] = {
    "пробит",   "сформирован", "оформлен",  "зарегистрирован", "фискализирован", "проведен", "создан",
    "выполнен", "исполнен",    "обработан", "registered",      "fiscali",        "executed", "completed",
    "created",  "processed",   "accepted",  "fulfilled",       "performed"};

// A stem of a participle; not the noun ("выполнение") and not the infinitive ("закрыть").
bool is_participle(std::string_view word, std::string_view stem) {
  if (!begins(word, stem)) return false;
  const std::string_view bare = stem.ends_with('$') ? stem.substr(0, stem.size() - 1) : stem;
  const bool noun = (bare.ends_with("ен") || bare.ends_with("ан")) && word.substr(bare.size()).starts_with("и");
  return !noun && (stem.ends_with('$') || !word.ends_with("ть"));
}

bool is_negation(std::string_view word) { return word == "не" || word == "not"; }
bool is_auxiliary(std::string_view word) {
  return begins(word, "был") || word == "been" || word == "be" || word == "was";
}

// The word before `at` that may negate it, jumping over "был"; not across a comma or a full stop.
bool is_negated(const Words& words, std::size_t at) {
  if (words[at].after_break) return false;
  if (at > 0 && is_negation(words[at - 1].text)) return true;
  return at > 1 && is_auxiliary(words[at - 1].text) && is_negation(words[at - 2].text);
}

bool stands_at(const Words& words, std::size_t at, std::string_view phrase) {
  while (!phrase.empty()) {
    const std::string_view part = phrase.substr(0, phrase.find(' '));
    if (at >= words.size() || !begins(words[at].text, part)) return false;
    phrase.remove_prefix(std::min(part.size() + 1, phrase.size()));
    ++at;
  }
  return true;
}

bool any_at(const Words& words, std::size_t at, Texts phrases) {
  return std::ranges::any_of(phrases, [&](std::string_view phrase) { return stands_at(words, at, phrase); });
}

bool is_document_word(const Words& words, std::size_t at) {
  return std::ranges::any_of(kDocumentWords,
                             [&](std::string_view stem) { return is_participle(words[at].text, stem); });
}

// The word hints at a document, at what is to come or at a fault beyond the storage.
bool tells_more(const Words& words, std::size_t at) {
  return is_document_word(words, at) || any_at(words, at, kFutureWords) || any_at(words, at, kDeviceWords);
}

bool has_digit(const Word& word) {
  return std::ranges::any_of(word.text, [](char c) { return c >= '0' && c <= '9'; });
}

// A document's word grown together with another ("часапробит"): no part of a phrase may hide it.
bool hides_document_word(std::string_view word) {
  constexpr std::size_t kTelling = 8;  // bytes
  return std::ranges::any_of(kDocumentWords, [&](std::string_view stem) {
    const std::size_t at = stem.size() < kTelling ? std::string_view::npos : word.find(stem, 1);
    return at != std::string_view::npos;
  });
}

// "ФД 1204", "fd1204": the number of a document.
bool names_storage(std::string_view word) {
  for (const std::string_view label : {"фн", "фд", "фп", "фпд", "fn", "fd", "fp"}) {
    if (word == label || (word.starts_with(label) && all_digits(word.substr(label.size())))) return true;
  }
  return false;
}

// An error's number, not a document's: "[68]", "142-ККТ", "ошибка 0x4E".
bool is_error_number(const Words& words, std::size_t at) {
  constexpr std::size_t kErrorDigits = 5;
  if (words[at].text.size() > kErrorDigits || words[at].percent) return false;
  if (words[at].opens) return true;
  static constexpr std::string_view kLabels[] = {"ошибк", "error", "err$", "код$", "code", "errcode"};
  return at > 0 && any_at(words, at - 1, kLabels);
}

struct Element {
  std::vector<std::string_view> alternatives;
  bool filler = false;
  bool optional = false;
  bool anchor = false;
};
struct Pattern {
  const Row* row;
  std::vector<Element> elements;
};

void add_alternatives(std::vector<std::string_view>& to, std::string_view text) {
  for (const std::string_view part : split(text, '|')) {
    if (part == "@bad") add_alternatives(to, kBad);
    if (part == "@field") add_alternatives(to, kFields);
    if (part == "@contact") add_alternatives(to, kContacts);
    if (part == "@unmet") add_alternatives(to, kUnmet);
    if (part == "@how") add_alternatives(to, kWrongHow);
    if (!part.starts_with('@')) to.push_back(part);
  }
}

Element element_of(std::string_view text) {
  Element element;
  element.filler = text == "*";
  element.anchor = text == "^";
  std::string_view rest = text;
  if (!element.filler && rest.find('?') != std::string_view::npos) element.optional = true;
  if (element.filler || element.anchor) return element;
  for (std::string_view part : split(rest, '|')) {
    if (part.ends_with('?')) part.remove_suffix(1);
    add_alternatives(element.alternatives, part);
  }
  return element;
}

std::vector<Pattern> compiled(std::span<const Row> rows) {
  std::vector<Pattern> patterns;
  for (const Row& row : rows) {
    Pattern pattern{&row, {}};
    for (const std::string_view part : split(row.phrase, ' ')) pattern.elements.push_back(element_of(part));
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

bool is_field(const Words& words, std::size_t at) {
  static const Element fields = element_of("@field");
  return std::ranges::any_of(fields.alternatives, [&](std::string_view part) { return begins(words[at].text, part); });
}

// A number that belongs to the receipt's data: not a document's, and not long enough for a sign or a storage unless
// the text is about such a number.
bool is_number_of_data(const Words& words, std::size_t at) {
  constexpr std::size_t kShortDigits = 8;
  static constexpr std::string_view kDocuments[] = {"чек", "документ", "номер$", "n$", "no$", "receipt", "document"};
  static constexpr std::string_view kCounted[] = {"строк", "товар", "код", "ошибк"};
  if (at > 0 && (any_at(words, at - 1, kDocuments) || names_storage(words[at - 1].text))) return false;
  if (words[at].numbered && (at == 0 || !(is_field(words, at - 1) || any_at(words, at - 1, kCounted)))) return false;
  return words[at].text.size() <= kShortDigits ||
         words.say_any({"инн$", "inn$", "телефон", "phone", "gtin", "маркир", "км$", "ean", "код товар"});
}

// Words a phrase may step over.
bool is_filler(const Words& words, std::size_t at) {
  const Word& word = words[at];
  if (names_storage(word.text) || tells_more(words, at)) return false;
  if (has_digit(word)) return is_number_of_data(words, at);
  return word.value || word.text.size() <= 1 || any_at(words, at, kNeutralWords) || is_field(words, at);
}

// Number of words from `at` that the elements cover, the shortest way; nullopt when they do not stand there.
std::optional<std::size_t> covered(const Words& words, const std::vector<bool>& fillers, std::size_t at,
                                   std::span<const Element> elements) {
  if (elements.empty()) return 0;
  const Element& first = elements.front();
  const auto rest = elements.subspan(1);
  if (first.anchor) {
    return at < words.size() && words[at].opens ? covered(words, fillers, at, rest) : std::nullopt;
  }
  if (first.filler) {
    constexpr std::size_t kFillerLimit = 5;
    for (std::size_t skipped = 0; skipped <= kFillerLimit; ++skipped) {
      if (const auto after = covered(words, fillers, at + skipped, rest)) return skipped + *after;
      if (at + skipped >= words.size() || !fillers[at + skipped]) break;
    }
    return std::nullopt;
  }
  const bool here =
      at < words.size() &&
      std::ranges::any_of(first.alternatives, [&](std::string_view part) { return begins(words[at].text, part); });
  if (here) {
    if (const auto after = covered(words, fillers, at + 1, rest)) return 1 + *after;
  }
  return first.optional ? covered(words, fillers, at, rest) : std::nullopt;
}

// What the phrases of the closed list make of a text.
struct Reading {
  std::vector<bool> known;         // the word belongs to a phrase
  std::vector<const Row*> spoken;  // in order
};

Reading read(const Words& words, const std::vector<Pattern>& patterns, Speaker speaker) {
  Reading reading{std::vector<bool>(words.size()), {}};
  std::vector<bool> fillers(words.size());
  for (std::size_t at = 0; at < words.size(); ++at) fillers[at] = is_filler(words, at);
  const unsigned heard = 1U << static_cast<unsigned>(speaker);
  for (std::size_t at = 0; at < words.size();) {
    std::size_t longest = 0;
    const Row* spoken = nullptr;
    if (!is_negated(words, at)) {
      for (const Pattern& pattern : patterns) {
        if ((pattern.row->heard & heard) == 0) continue;
        const auto length = covered(words, fillers, at, pattern.elements);
        if (length && *length > longest) {
          longest = *length;
          spoken = pattern.row;
        }
      }
    }
    if (spoken != nullptr) reading.spoken.push_back(spoken);
    for (std::size_t i = at; i < at + longest; ++i) reading.known[i] = true;
    at += std::max<std::size_t>(longest, 1);
  }
  return reading;
}

// The one meaning of what was spoken; advice gives way to statements.
Meaning agreed(const Reading& reading) {
  const bool stated = std::ranges::any_of(reading.spoken, [](const Row* row) { return !row->advice; });
  Meaning meaning = Meaning::unclear;
  for (const Row* row : reading.spoken) {
    if (row->advice && stated) continue;
    if (meaning != Meaning::unclear && meaning != row->meaning) return Meaning::unclear;
    meaning = row->meaning;
  }
  return meaning;
}

// Words of neutral phrases of more than one word ("не удалось"), whatever they are alone.
std::vector<bool> neutral_phrases(const Words& words) {
  std::vector<bool> neutral(words.size());
  for (const std::string_view phrase : kNeutralWords) {
    if (phrase.find(' ') == std::string_view::npos) continue;
    const auto length = static_cast<std::size_t>(std::ranges::count(phrase, ' ')) + 1;
    for (std::size_t at = 0; at < words.size(); ++at) {
      if (!stands_at(words, at, phrase)) continue;
      for (std::size_t i = at; i < at + length; ++i) neutral[i] = true;
    }
  }
  return neutral;
}

// "не", "not", "не был" before a word that may be ignored when negated.
bool negates_negatable(const Words& words, std::size_t at) {
  if (!is_negation(words[at].text) && !is_auxiliary(words[at].text)) return false;
  if (is_auxiliary(words[at].text) && !is_negated(words, at)) return false;
  const std::size_t next = at + 1 < words.size() && is_auxiliary(words[at + 1].text) ? at + 2 : at + 1;
  return next < words.size() && any_at(words, next, kNegatable);
}

// The word, outside every phrase, leaves the meaning as it is.
bool adds_nothing(const Words& words, std::size_t at, Meaning meaning) {
  constexpr std::size_t kCredentialLength = 20;
  const Word& word = words[at];
  if (negates_negatable(words, at) || (any_at(words, at, kNegatable) && is_negated(words, at))) return true;
  if (is_negation(word.text) || is_auxiliary(word.text)) return false;
  // "ФН: Исчерпан ресурс хранения" begins with who speaks; a number after it would be the storage's.
  const bool numbered = at + 1 < words.size() && has_digit(words[at + 1]);
  if (names_storage(word.text)) return word.text == "фн" && word.opens && !numbered;
  if (tells_more(words, at)) return false;
  if (has_digit(word)) {
    return is_error_number(words, at) || (meaning == Meaning::data && is_number_of_data(words, at)) ||
           (meaning == Meaning::register_fault && word.text.size() >= kCredentialLength);
  }
  if (word.value && (meaning == Meaning::data || meaning == Meaning::register_fault)) return true;
  return word.text.size() <= 1 || any_at(words, at, kNeutralWords) || (meaning == Meaning::data && is_field(words, at));
}

Meaning certain_meaning(const Words& words, const Reading& reading) {
  const Meaning meaning = agreed(reading);
  if (meaning == Meaning::unclear) return meaning;
  const std::vector<bool> neutral = neutral_phrases(words);
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (hides_document_word(words[at].text)) return Meaning::unclear;
    if (!reading.known[at] && !neutral[at] && !adds_nothing(words, at, meaning)) return Meaning::unclear;
  }
  return meaning;
}

// "ФД 1204", "fd1204", "чек № 12": a document by its number.
bool numbers_document(const Words& words, std::size_t at) {
  static constexpr std::string_view kDocuments[] = {"чек", "документ", "receipt", "document"};
  const bool number_follows = at + 1 < words.size() && all_digits(words[at + 1].text);
  if (names_storage(words[at].text)) return number_follows || has_digit(words[at]);
  const std::size_t next = at + 1 < words.size() && begins(words[at + 1].text, "номер$") ? at + 2 : at + 1;
  return any_at(words, at, kDocuments) && next < words.size() && all_digits(words[next].text) &&
         (words[next].numbered || next == at + 2);
}

bool says_document(const Words& words, const std::vector<bool>& known) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (known[at]) continue;
    if (numbers_document(words, at) || (is_document_word(words, at) && !is_negated(words, at))) return true;
  }
  return false;
}

const std::vector<Pattern>& refusals() {
  static const std::vector<Pattern> patterns = compiled(kRefusals);
  return patterns;
}

bool says_any(const Words& words, Texts phrases) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (any_at(words, at, phrases)) return true;
  }
  return false;
}

}  // namespace

bool is_refusal(Meaning meaning) { return meaning >= Meaning::shift_expired; }

Meaning meaning_of(std::string_view utf8, Speaker speaker) {
  const Words words(utf8);
  const Reading reading = read(words, refusals(), speaker);
  const Meaning certain = certain_meaning(words, reading);
  if (certain != Meaning::unclear) return certain;
  if (says_any(words, kDuplicates)) return Meaning::duplicate;
  if (says_document(words, reading.known)) return Meaning::document;
  return says_any(words, kDeviceWords) ? Meaning::ambiguous : Meaning::unclear;
}

bool says_document(std::string_view utf8) {
  const Words words(utf8);
  return says_document(words, std::vector<bool>(words.size()));
}

bool says_future(std::string_view utf8) { return says_any(Words(utf8), kFutureWords); }

bool says_not_found(std::string_view utf8) {
  static const std::vector<Pattern> patterns = compiled(kNotFound);
  const Words words(utf8);
  return certain_meaning(words, read(words, patterns, Speaker::refusing_service)) == Meaning::data;
}

bool denies_success(std::string_view utf8) {
  static constexpr std::string_view kDenials[] = {"не удалось", "невозможн", "отказ",  "отклон", "запрещ",
                                                  "сбой",       "прерван",   "error",  "fail",   "denied",
                                                  "refused",    "отменен",   "аннулир"};
  static constexpr std::string_view kTroubles[] = {
      "бумаг",    "лент",      "крышк",    "принтер",    "резак",      "отрез",           "механич",
      "перегре",  "связ",      "соединен", "таймаут",    "тайм аут",   "timeout",         "не отвеча",
      "порт$",    "потер",     "отключен", "выключен",   "не подключ", "питан",           "аварийн",
      "незаверш", "не заверш", "ожидан",   "чек открыт", "открыт чек", "документ открыт", "открытый чек"};
  const Words words(utf8);
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (is_document_word(words, at) && is_negated(words, at)) return true;
    const bool no_error = words.say_any({"ошибок нет", "нет ошибок", "без ошибок", "no error", "without error"});
    if (begins(words[at].text, "ошиб") && !no_error) return true;
    if (any_at(words, at, kDenials) && !(no_error && begins(words[at].text, "error"))) return true;
  }
  if (says_any(words, kTroubles) || words.say_any({"повторн", "дубл", "duplicate"})) return true;
  const Reading reading = read(words, refusals(), Speaker::refused_packet);
  return std::ranges::any_of(reading.spoken, [](const Row* row) {
    return row->meaning != Meaning::shift_open && row->meaning != Meaning::shift_closed;
  });
}

}  // namespace kassaflow::registers
