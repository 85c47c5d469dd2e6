#include "bit_texts.hpp"

#include "text.hpp"

namespace kassaflow::registers::bit {
namespace {

bool names_duplicate(const Words& words) {
  return words.say_any({"уже обработ", "уже выполн", "уже оплач", "уже напечат", "уже пробит", "уже существ",
                        "уже зарегистр", "уже использ", "повторн", "дубл", "duplicate"});
}

bool names_device_trouble(const Words& words) {
  return words.say_any({"бумаг",       "лент",       "крышк",     "принтер",    "резак",      "отрез",
                        "механич",     "перегре",    "связ",      "соединен",   "таймаут",    "тайм аут",
                        "timeout",     "ответ",      "не отвеча", "порт",       "потер",      "отключен",
                        "выключен",    "не подключ", "прерван",   "сбой",       "питан",      "аварийн",
                        "незаверш",    "не заверш",  "ожидан",    "чек открыт", "открыт чек", "документ открыт",
                        "открытый чек"});
}

bool names_shift(const Words& words) { return words.say_any({"смена", "смены", "смену", "смене", "сменой"}); }

bool names_access(const Words& words) {
  return words.say_any({"токен", "token", "cors", "origin", "авториз", "unauthor", "forbidden", "доступ запрещ",
                        "нет доступ", "доступ", "лиценз", "license"});
}

bool names_packet(const Words& words) {
  return words.say_any({"формат", "json", "синтакс", "action", "заголов", "пакет", "bit order id", "bit kkt token"});
}

bool names_exhausted_storage(const Words& words) {
  const bool storage = words.say_any({"фн$", "архив фн", "фискальн накопител"}) &&
                       words.say_any({"исчерпан", "переполн", "заполнен", "срок", "архив закрыт", "замен"});
  const bool operator_link =
      words.say("офд$") && words.say_any({"30 дн", "не передан", "непередан", "неотправл", "не отправл"});
  return storage || operator_link;
}

// A field of the receipt and what is wrong with it; both, since either alone also occurs in texts about the device.
bool names_data(const Words& words) {
  const bool field = words.say_any(
      {"сумм",     "цен",    "количеств",  "налог",  "ндс$",    "ставк", "предмет",  "способ", "признак",   "инн$",
       "реквизит", "тег",    "наименован", "длин",   "поле",    "полей", "параметр", "марк",   "код товар", "оплат",
       "итог",     "позици", "email",      "e mail", "телефон", "адрес", "сно$",     "товар",  "кассир"});
  const bool fault = words.say_any({"неверн", "некоррект", "недопуст", "не указан", "не задан", "не заполн", "отсутств",
                                    "превыш", "меньше", "больше", "не совпад", "не соответ", "не поддержив", "слишком",
                                    "пуст", "не равн", "обязательн", "формат"});
  const bool device = words.say_any({"состояни", "режим", "устройств", "ккт$", "ккм$", "фн$", "касса", "кассы"});
  return field && fault && !device;
}

TextClass class_of_shift(const Words& words) {
  if (words.say_any({"24 час", "24 ч$", "24ч", "истек", "смена превы", "смены превы", "больше суток", "более суток"}))
    return TextClass::shift_expired;
  if (words.say_any({"смена не открыт", "не открыта", "откройте смен"})) return TextClass::shift_closed;
  // "закрыта" is a state, "закрыть" and "закройте" are advice; "не закрыта" is the opposite.
  if (words.say_any({"закрыта$", "закрытой$"}) && !words.say("не закрыта")) return TextClass::shift_closed;
  if (words.say_any({"уже открыта", "смена открыта"})) return TextClass::shift_open;
  return TextClass::unclear;
}

}  // namespace

TextClass classify(std::string_view utf8, bool packet) {
  const Words words(utf8);
  // "Смена уже открыта" is no duplicate order; shifts are looked at before the duplicates, the device before all.
  if (names_device_trouble(words)) return TextClass::ambiguous;
  if (names_shift(words)) {
    const TextClass shift = class_of_shift(words);
    if (shift != TextClass::unclear) return shift;
  }
  if (names_duplicate(words)) return TextClass::duplicate;
  if (names_access(words) || names_exhausted_storage(words)) return TextClass::register_fault;
  if (packet && names_packet(words)) return TextClass::register_fault;
  if (words.say_any({"печат", "напечат"})) return TextClass::ambiguous;
  return names_data(words) ? TextClass::data : TextClass::unclear;
}

}  // namespace kassaflow::registers::bit
