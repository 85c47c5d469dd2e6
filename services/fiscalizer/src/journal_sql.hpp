#pragma once
// The journal's transactions. Each function is the body of one transaction and runs on a pool thread.
// Locks are taken in one order everywhere: receipts by id, attempts by id, shards.

#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "journal.hpp"

namespace kassaflow::fiscalizer::sql {

// --- journal_open.cpp ---

// Per attempt: its id, or 0 when the receipt, the register or the shard is not free as thought.
std::vector<std::int64_t> open_attempts(pqxx::work& work, const WorkerId& worker, const std::vector<NewAttempt>& batch);
// Which sending is allowed, 0 = none.
int allow_resend(pqxx::work& work, const WorkerId& worker, std::int64_t attempt, const Fence& fence);
std::optional<Finished> refuse(pqxx::work& work, const WorkerId& worker, const Queued& receipt, receipts::State state,
                               const Fence& fence, const std::string& error);

// --- journal_settle.cpp ---

std::vector<Settled> settle(pqxx::work& work, const WorkerId& worker, const Limits& limits,
                            const std::vector<Heard>& batch);

// --- journal_read.cpp ---

RegisterMemory remember(pqxx::work& work, const RegisterIdentity& identity, bool askable);
std::vector<Queued> queue(pqxx::work& work, const std::vector<PoolId>& pools, int per_pool);
Journal::News news(pqxx::work& work, const std::vector<int>& shards, const std::vector<std::int64_t>& unanswered);
std::vector<Attempt> named(pqxx::work& work, const RegisterIdentity& identity, const registers::CallbackNames& names);

}  // namespace kassaflow::fiscalizer::sql
