#include "merchant.hpp"

#include <algorithm>
#include <cstdio>

#include "kassaflow/async/pause.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/convert.hpp"

namespace kassaflow::simulation {

using namespace std::chrono_literals;

namespace {

constexpr int kContents = 10;  // that Books::total_of can tell apart

}  // namespace

std::string receipt_uuid(int number) {
  char text[37];
  std::snprintf(text, sizeof text, "11111111-2222-8333-8444-%012d", number);
  return text;
}

Merchant::Merchant(World& world, Books& books, Registry& registry, Status& status)
    : world_(world),
      books_(books),
      registry_(registry),
      status_(status),
      dice_(world.plan.seed, "merchant"),
      again_(world.plan.seed, "print again"),
      portal_(world.plan.seed, "portal") {}

// As ingress does with it.
void Merchant::post(Known& receipt) {
  const auto total = Books::total_of(receipt.number, receipt.content);
  fiscal::Receipt content;
  content.lines.resize(1);
  auto& line = content.lines.front();
  line.name = "Товар " + std::to_string(receipt.number);
  line.quantity = fiscal::Quantity(1000);
  line.price = line.sum = fiscal::Kopecks(total);
  content.payments.cashless = content.total = fiscal::Kopecks(total);
  content.buyer_contact = "buyer@example.ru";
  const auto pool = registry_.pool_of_cashbox(receipt.cashbox);
  v1::ReceiptAccepted accepted;
  accepted.set_receipt_id(receipt.id.str());
  // Its own count in the place of chance.
  char post_id[37];
  std::snprintf(post_id, sizeof post_id, "33333333-%04x-7333-8444-%012d", static_cast<unsigned>(receipt.posts.size()),
                receipt.number);
  accepted.set_post_id(post_id);
  accepted.set_tenant(kTenant);
  accepted.set_installation(kInstallation);
  accepted.set_cashbox("box-" + std::to_string(receipt.cashbox));
  accepted.set_pool(pool.str());
  accepted.set_unique_id(std::to_string(receipt.number));
  accepted.set_date_create_s(receipt.date_create_s);
  accepted.set_accepted_at_ms(world_.clock.unix_ms());
  accepted.set_content_digest(Books::digest_of(receipt.number, receipt.content));
  accepted.set_digest_version(1);
  *accepted.mutable_receipt() = records::to_record(content);
  const auto value = accepted.SerializeAsString();
  world_.say("receipt " + std::to_string(receipt.number) + " is posted with content " +
             std::to_string(receipt.content) + ", " + receipt.id.str());
  receipt.posts.emplace_back(post_id);
  world_.posts.append(pool.str(), value, world_.clock.unix_ms());
  if (again_.happens(20) && world_.suffers(Kind::reprints)) {
    world_.posts.append(pool.str(), value, world_.clock.unix_ms());  // the producer repeated it
  }
}

void Merchant::print_again(int number) {
  auto& receipt = books_.at(number);
  const auto now_s = world_.clock.unix_s();
  switch (again_.below(6)) {
    case 0:  // other content; a portal knows only what it sent last
      if (receipt.content + 1 < kContents) ++receipt.content;
      break;
    case 1:
      receipt.cashbox = static_cast<int>(again_.below(Registry::kCashboxes));
      break;
    case 2: {  // an old request, which was under way for long
      const auto date_create_s = receipt.date_create_s;
      receipt.date_create_s -= 1 + again_.below(100);
      post(receipt);
      receipt.date_create_s = date_create_s;
      return;
    }
    default:
      break;
  }
  receipt.date_create_s = std::max(receipt.date_create_s + 1, now_s);
  post(receipt);
}

asio::awaitable<void> Merchant::sell() {
  for (int number = 1; number <= world_.plan.receipts; ++number) {
    if (number > world_.plan.calm) world_.trouble = true;
    co_await async::pause_until(world_.clock, world_.night_until);
    const ReceiptId id(receipt_uuid(number));
    auto& receipt = books_.receipts()[id];
    receipt.number = number;
    receipt.id = id;
    receipt.cashbox = static_cast<int>(dice_.below(Registry::kCashboxes));
    receipt.date_create_s = world_.clock.unix_s();
    post(receipt);
    ++world_.report.figures.receipts;
    const auto older = 1 + static_cast<int>(again_.below(static_cast<std::uint32_t>(number)));
    const bool asks_again = again_.happens(50);
    const bool prints_again = again_.happens(80);
    if (world_.suffers(Kind::reprints)) {
      if (asks_again) post(receipt);
      if (prints_again) print_again(older);
    }
    co_await async::pause_for(world_.clock, dice_.up_to(4s));
  }
  world_.posting = false;
}

asio::awaitable<void> Merchant::ask() {
  for (;;) {
    co_await async::pause_for(world_.clock, world_.posting ? 1s + portal_.up_to(8s) : 10s);
    co_await async::pause_until(world_.clock, world_.night_until);
    for (auto& [id, receipt] : books_.receipts()) {
      const auto chance = portal_.below(1000);
      if (world_.posting ? chance < 30 : !Books::portal_knows(receipt)) world_.spawn(status_.check(id));
    }
  }
}

}  // namespace kassaflow::simulation
