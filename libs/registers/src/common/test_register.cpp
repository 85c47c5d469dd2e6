#include "common/test_register.hpp"

#include <string>
#include <utility>

#include "common/evidence.hpp"
#include "common/finding.hpp"

namespace kassaflow::registers {
namespace {

std::string why_test(const fiscal::FiscalDocument& document) {
  if (document.fn.starts_with(kEmulatorFn)) return "ФН " + document.fn + " — эмулятор";
  if (document.fn.empty() || document.fp.empty()) return "документ без номера и фискального признака";
  return "у кассы нет регистрационного номера";
}

}  // namespace

Finding held_to_kind(Finding found, bool test_register) {
  if (found.fact != Fact::printed || !found.document) return found;
  fiscal::FiscalDocument& document = *found.document;
  const bool known_storage = !document.fn.empty() && (!document.registration_number.empty() || document.fd != 0);
  if (!test_register && document.test) {
    found.text = "Чек без юридической силы, касса тестовая: " + why_test(document) +
                 "; укажите test: true или подключите зарегистрированную кассу с ФН";
    found.fact = Fact::not_printed;
    found.cause = Cause::test_register;
    found.code = "test_register";
    found.warning = false;
    found.alarm = true;
    found.document.reset();
  } else if (test_register && !document.test && known_storage) {
    found.text = "Касса указана как тестовая (test: true), но документ настоящий: " + in_words(document) +
                 "; уберите test: true или подключите тестовую кассу";
    found.cause = Cause::test_register;
    found.code = "real_storage";
    found.warning = found.alarm = true;
  } else if (test_register) {
    document.test = true;
  }
  return found;
}

}  // namespace kassaflow::registers
