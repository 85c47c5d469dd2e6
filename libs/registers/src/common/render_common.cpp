#include "common/render_common.hpp"

namespace kassaflow::registers {

std::string line_name(const fiscal::Receipt& receipt, std::size_t index) {
  return "Строка " + std::to_string(index + 1) + " «" + receipt.lines[index].name + "»: ";
}

Result<void> check_sums(const fiscal::Receipt& receipt) {
  fiscal::Kopecks sum;
  for (const fiscal::Line& line : receipt.lines) sum += line.sum;
  if (receipt.lines.empty()) return fail(kReceiptLines, "В чеке нет ни одной строки");
  if (sum != receipt.total || receipt.payments.total() != receipt.total) {
    return fail(kReceiptSums, "Сумма строк " + fiscal::to_rubles(sum) + ", оплат " +
                                  fiscal::to_rubles(receipt.payments.total()) + " и итог чека " +
                                  fiscal::to_rubles(receipt.total) + " не совпадают");
  }
  return {};
}

}  // namespace kassaflow::registers
