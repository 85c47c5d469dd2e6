#pragma once
// What is due at which portal, in the schema `status`. A portal is claimed by one replica at a time, which renews the
// claim while it pushes; a claim that is not renewed lapses. Run on pool threads.

#include <chrono>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "view.hpp"

namespace kassaflow::status::sql {

inline constexpr std::chrono::seconds kClaim{15};  // of a replica that died

struct Claim {
  InstallationId installation;
  std::string webhook_digest;  // of the webhook `moved_to` was learnt from
  std::string moved_to;
  int failures = 0;  // requests without an answer since the last one
  struct Place {
    ReceiptId receipt;
    std::chrono::milliseconds after{0};  // when it may leave, counted from the claim
  };
  std::vector<Place> places;  // the oldest due first; their places in the portal's pace are taken
};
// Claims at most `limit` portals that have something due, are not resting and are nobody's, nor in `running`.
std::vector<Claim> claim(pqxx::work& work, const std::string& owner, const std::vector<InstallationId>& running,
                         std::int64_t limit);
void renew(pqxx::work& work, const std::string& owner, const std::vector<InstallationId>& running);

struct Due {
  ReceiptId receipt;
  int tries = 0;
  ViewEntry known;
};
struct Look {
  bool is_ours = false;    // false: the claim lapsed, push nothing more to this portal
  std::optional<Due> due;  // nullopt: told, cancelled or put off meanwhile
};
// The receipt as it is now, immediately before it is pushed.
Look look(pqxx::work& work, const std::string& owner, const InstallationId& installation, const ReceiptId& receipt);
// The same for an error that is told now (tell_error); nullopt: it must not be.
std::optional<ViewEntry> tell_due_error(pqxx::work& work, const std::string& owner,
                                        const configuration::Installation& portal, const ReceiptId& receipt);

struct Backlog {
  std::int64_t waiting = 0;
  double overdue_s = 0;  // of the one that is longest overdue, 0: none is
};
[[nodiscard]] Backlog backlog(pqxx::work& work);

struct Release {
  std::chrono::milliseconds rest{0};
  int failures = 0;
  std::string webhook_digest;
  std::string moved_to;
};
void release(pqxx::work& work, const std::string& owner, const InstallationId& installation, const Release& how);

// Something of these receipts (an array of ids) may be due: their portals are looked at in time. In the transaction
// that made it so.
void now_due(pqxx::work& work, const std::string& receipts);
// The same of all that is due: what a program told nobody that does not know how to.
void find_due(pqxx::work& work);

// What became of a push; nothing when the receipt has another outcome by now, which is pushed by itself.
void pushed(pqxx::work& work, const Due& due);
void put_off(pqxx::work& work, const Due& due, std::chrono::milliseconds wait);
void give_up(pqxx::work& work, const Due& due);

}  // namespace kassaflow::status::sql
