/* Take-over of a shard (exactly-once.md 3 and 4): two workers, one shard, a store with outages. The first worker may be
 * paused at any step for any time, and gives the shard away when it likes; the second one is never paused.
 *
 * The first never writes bytes once the second may; and nobody loses the shard who could not write his heartbeat only
 * because nobody could.
 *
 * Time goes in ticks, a third of a lease, and is kept as what has passed, so that there is no last moment. A worker that
 * is not paused looks once in each tick, as Leases::run() does five times in a lease. Each -D takes one protection away.
 */

#define LEASE 3
#define HALF 1    /* of a lease: after a longer gap in the watch everybody is watched anew */
#define MARGIN 1  /* of the lease must remain for anything to begin */
#define NOBODY 2

bool up = true;       /* the store answers */
byte holder = NOBODY; /* of the shard, in the store */

typedef Worker {
  bool paused, dead;
  bool owns;       /* by its own books */
  bool releasing;  /* it is being given away */
  bool given_up;   /* it has left the books; the store may still say that it is ours */
  bool busy;       /* from the decision to start to the end */
  bool writing;    /* bytes may leave */
  byte until;      /* the end of the lease, as it was when the bytes were to leave */
  byte left;       /* until the timer kills; 0: it is not set */
  byte since;      /* the beginning of the latest look that was answered */
  byte under_way;  /* one more than since the beginning of the look under way; 0: there is none */
  byte still;      /* one more than since the end of the look that first showed the other's heartbeat as it is */
  bool moved;      /* the other's heartbeat, since this worker last read it */
  bool news;       /* the same, since it last learnt of it: an answer may be lost */
  bool looked;     /* in this tick */
  bool hindered;   /* it stood still since it last wrote its heartbeat */
};
Worker w[2];

#define ME w[me]
#define YOU w[1 - me]
#define RUNS (!ME.dead && !ME.paused)
#define LEFT (ME.since < LEASE -> LEASE - ME.since : 0)

inline grow(what) { what = (what <= LEASE -> what + 1 : what) }
inline go_on(what) { what = (what > 0 && what <= LEASE -> what + 1 : what) }

inline pass(i) {
  w[i].looked = w[i].dead;
  grow(w[i].since);
  go_on(w[i].under_way);
  go_on(w[i].still);
  w[i].until = (w[i].until > 0 -> w[i].until - 1 : 0);
  if
  :: w[i].left == 1 ->
     w[i].dead = true; w[i].paused = false; w[i].looked = true;
     w[i].owns = false; w[i].releasing = false; w[i].given_up = false;
     w[i].busy = false; w[i].writing = false; w[i].left = 0; w[i].until = 0;
     w[i].since = 0; w[i].under_way = 0; w[i].still = 0
  :: w[i].left > 1 -> w[i].left--  /* also for a process that stands still */
  :: else
  fi
}

active proctype Time() {
  do
  :: atomic {
       !up || ((w[0].looked || w[0].paused) && w[1].looked) ->
       pass(0); pass(1);
       if :: up = true :: up = false fi
     }
  od
}

active proctype Pauses() {
  do
  :: atomic { !w[0].dead && !w[0].paused -> w[0].paused = true; w[0].hindered = true }
  :: atomic { w[0].paused -> w[0].paused = false }
  od
}

/* Leases::look(), in the store: the heartbeat, and what there is to be seen. */
inline read_store() {
  YOU.moved = true; YOU.news = true;
  ME.hindered = false;
  seen_holder = holder; seen_news = ME.news; ME.moved = false
}

/* Its answer. */
inline learn() {
  ME.looked = true;
  ME.news = ME.moved;
#ifndef GAPS_DO_NOT_MATTER
  if :: ME.since > HALF -> ME.still = 0 :: else fi;
#endif
  if
  :: ME.still == 0 || seen_news -> ME.still = 1; dead = false
  :: else -> dead = still_at_begin > LEASE
  fi;
  if :: seen_holder != me -> ME.given_up = false :: else fi;
  ME.owns = seen_holder == me && !ME.given_up;
#ifdef LEASE_FROM_THE_ANSWER
  ME.since = 0
#else
  ME.since = ME.under_way - 1
#endif
}

#ifdef DEAD_WITHOUT_ANOTHER_LOOK
#define STILL_DEAD true
#else
#define STILL_DEAD (!ME.moved)
#endif

/* LeaseStore::change(): only what was observed, and stands, is taken over. */
inline take_over() {
  if
  :: holder == seen_holder && (holder == NOBODY || STILL_DEAD) ->
     assert(holder == NOBODY || YOU.dead || YOU.hindered);  /* nobody is robbed */
     holder = me; ME.owns = true;
     assert(me == 0 || !w[0].writing)
  :: else
  fi
}
#define MAY_TAKE (seen_holder == NOBODY || (seen_holder == 1 - me && dead))

inline forget() { ME.under_way = 0; still_at_begin = 0; seen_holder = 0; seen_news = false; dead = false }

#ifdef BUSY_SHARDS_TOO
#define IDLE true
#else
#define IDLE (!ME.busy)
#endif

active proctype FirstKeeper() {
  byte me = 0;
  byte seen_holder, still_at_begin;
  bool seen_news, dead;
  do
  :: atomic { RUNS && up && !ME.looked -> ME.under_way = 1; still_at_begin = ME.still }
     if
     :: atomic { RUNS && !up -> ME.under_way = 0 }
     :: atomic { RUNS && up -> read_store() }
        if
        :: atomic { RUNS && !up -> ME.under_way = 0 }  /* the answer is lost */
        :: atomic { RUNS && up -> learn(); ME.under_way = 0; if :: ME.owns -> ME.releasing = true :: true -> ME.releasing = false fi }
           if
           :: atomic { RUNS && up && MAY_TAKE -> take_over() }
           :: atomic {
#ifdef STORE_BEFORE_THE_BOOKS
                RUNS && up && seen_holder == me && (ME.releasing || ME.given_up) ->
#else
                RUNS && up && seen_holder == me && ME.given_up ->
#endif
                if :: holder == me -> holder = NOBODY :: else fi
              }
           :: atomic { RUNS -> skip }  /* nothing is asked for, or it is lost */
           fi
        fi
     fi;
     atomic { forget() }
  /* Leases::give_up_idle(): the books come first. */
  :: atomic { RUNS && ME.owns && ME.releasing && IDLE -> ME.owns = false; ME.given_up = true; ME.releasing = false }
  od
}

active proctype SecondKeeper() {
  byte me = 1;
  byte seen_holder, still_at_begin;
  bool seen_news, dead;
  do
  :: atomic { RUNS && !ME.looked && up -> still_at_begin = ME.still; ME.under_way = 1; read_store(); learn(); ME.under_way = 0 }
     if
     :: atomic { RUNS && up && MAY_TAKE -> take_over() }
     :: atomic { RUNS -> skip }
     fi;
     atomic { forget() }
  od
}

/* A lane: may_start(), the attempt in the journal, LeaseGuard::arm(), the write. */
active proctype FirstLane() {
  byte me = 0;
  byte left;
  do
  :: atomic { RUNS && ME.owns && !ME.releasing && LEFT > MARGIN -> ME.busy = true }
     if
     :: atomic { RUNS && ME.owns && LEFT >= MARGIN -> left = LEFT; ME.until = left }
#ifndef NO_TIMER
        atomic { RUNS -> ME.left = left }
#endif
        if
#ifdef TIMER_SET_LATE
        :: atomic { RUNS && ME.until >= MARGIN ->
#else
        :: atomic { RUNS && ME.until == left ->
#endif
             ME.writing = true;
             assert(holder != 1)
           }
        :: atomic { RUNS && ME.until < left -> skip }
        fi
     :: atomic { RUNS && !(ME.owns && LEFT >= MARGIN) -> skip }
     fi;
     atomic { RUNS -> ME.writing = false; ME.left = 0; ME.until = 0; ME.busy = false; left = 0 }
  od
}
