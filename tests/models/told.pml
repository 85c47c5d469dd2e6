/* Told or withheld (exactly-once.md 12, 14 and 16): a receipt that fails, is posted again, is retried by a person, while
 * the portal asks and is pushed to.
 *
 * After the portal was told ERROR, the receipt is printed only if the portal has posted it again since it asked (for a
 * push: since the view began to catch up).
 *
 * The logs keep their order; between them there is none. Each -D takes one protection away; the model must fail then.
 */

#define POSTS 2
#define OUTCOMES 8

mtype = { queued, failed, done };

/* The log of receipts: posts 1, 2, …, the id of each its bit. */
byte posts = 1;

/* The journal. A printed receipt that the portal believes to have failed is what must not be. */
mtype state = queued;
byte taken;      /* posts it has read */
byte revision;
bool wished;     /* a person wants the failed receipt retried */
bool retried;    /* once is enough */

/* The log of outcomes. */
typedef Outcome { byte revision; mtype state; byte covered; };
Outcome outcomes[OUTCOMES];
byte published;

/* The view of status, with the positions of what it has read. */
mtype view_state = queued;
byte view_revision, view_posts, view_outcomes;
byte view_covered;        /* how many posts: the journal takes them in order */
bool error_told, error_withheld;

byte posts_when_asked;    /* of the question that was answered with ERROR */
bool portal_believes_error;

#define UNCOVERED (view_covered < view_posts)

inline change(to) {
  state = to;
  revision++;
  if
  :: to == done -> assert(!portal_believes_error || posts > posts_when_asked)
  :: else
  fi
}

active proctype Portal() {
  do
  :: posts < POSTS -> posts++
  :: break
  od
}

active proctype Journal() {
  do
  :: atomic {
       taken < posts ->
       taken++;
       if
       :: state == failed -> wished = false; change(queued)  /* printed again */
       :: else -> revision++                                 /* the post is covered by the next outcome */
       fi
     }
  :: atomic { taken > 0 && state == queued -> if :: change(failed) :: change(done) fi }
  od
}

inline publish(a_revision, a_state, a_covered) {
  outcomes[published].revision = a_revision;
  outcomes[published].state = a_state;
  outcomes[published].covered = a_covered;
  published++
}

active proctype Publisher() {
  byte latest;
  do
  :: atomic { revision > latest && published < OUTCOMES -> publish(revision, state, taken); latest = revision }
  od
}

/* A worker that stood still before it published. */
active proctype LatePublisher() {
  byte read_revision, read_covered;
  mtype read_state;
  atomic { revision > 0 -> read_revision = revision; read_state = state; read_covered = taken }
  atomic { published < OUTCOMES -> publish(read_revision, read_state, read_covered) }
}

active proctype View() {
  do
  :: atomic { view_posts < posts -> view_posts++ }
  :: atomic {
       view_outcomes < published ->
       if
       :: outcomes[view_outcomes].covered > view_covered -> view_covered = outcomes[view_outcomes].covered
       :: else
       fi;
       if
#ifdef ANY_REVISION
       :: true ->
#else
       :: outcomes[view_outcomes].revision > view_revision ->
#endif
          /* The same failure, with more posts only, stays told. */
          if :: outcomes[view_outcomes].state != failed || view_state != failed -> error_told = false :: else fi;
          view_state = outcomes[view_outcomes].state;
          view_revision = outcomes[view_outcomes].revision;
          error_withheld = false
       :: else
       fi;
       view_outcomes++
     }
  od
}

#ifdef POSTS_WITHOUT_OUTCOME
#define MAY_BE_ERROR (view_state == failed && !error_withheld)
#else
#define MAY_BE_ERROR (view_state == failed && !UNCOVERED && !error_withheld)
#endif

/* CHECK_URL, and the pusher, which goes the same way: one question, whenever it comes. */
active proctype Teller() {
  byte asked_at, end_of_posts, end_of_outcomes, seen_revision;
  atomic { MAY_BE_ERROR -> asked_at = posts }
  atomic { end_of_posts = posts; end_of_outcomes = published }
#ifndef ENDS_DO_NOT_MATTER
  (view_posts >= end_of_posts && view_outcomes >= end_of_outcomes);
#endif
  seen_revision = view_revision;
  atomic {
    if
#ifdef NOT_LOOKED_AT_AGAIN
    :: true ->
#else
    :: view_revision == seen_revision && MAY_BE_ERROR ->
#endif
#ifndef TOLD_IS_FORGOTTEN
       error_told = true;
#endif
       posts_when_asked = asked_at; portal_believes_error = true;
       assert(state != done || posts > asked_at)
    :: else
    fi
  }
}

/* A person's retry of a failed receipt: queued only once status has promised that its error is never told. */
active proctype Retry() {
  byte wish_of;
  bool promised;
  atomic { state == failed && !retried -> wished = true; retried = true; wish_of = revision }
  do
  :: atomic { !wished -> break }
  :: atomic {
#ifdef QUEUED_WITHOUT_A_PROMISE
       wished && !promised -> promised = true
#else
       wished && !promised && view_revision == wish_of && view_state == failed ->
       if
       :: error_told -> wished = false  /* too late: the wish is taken back */
       :: else -> error_withheld = true; promised = true
       fi
#endif
     }
  :: atomic { wished && promised && revision == wish_of && state == failed -> wished = false; change(queued) }
  od
}
