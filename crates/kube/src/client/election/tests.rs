use proptest::prelude::*;

use super::*;

const S: Duration = Duration::from_secs(1);

fn seen(version: u64, holder: &str) -> Seen {
    Seen {
        version: version.to_string(),
        holder: holder.to_owned(),
        lease: 15 * S,
    }
}

fn candidate() -> Election {
    Election::new("me".to_owned(), Terms::default())
}

fn claim(version: u64) -> Move {
    Move::Claim(Some(version.to_string()))
}

#[test]
fn a_record_that_is_not_there_or_given_up_is_claimed_at_once() {
    let mut me = candidate();
    assert_eq!(me.next(Duration::ZERO), Move::Claim(None));
    me.sees(Some(seen(4, "")), S);
    assert_eq!(me.next(S), claim(4));
}

#[test]
fn a_record_of_somebody_else_is_claimed_once_it_stood_still_for_the_whole_lease() {
    let mut me = candidate();
    me.sees(Some(seen(1, "other")), 100 * S);
    me.sees(Some(seen(1, "other")), 110 * S);
    assert_eq!(me.next(114 * S), Move::Wait);
    assert_eq!(me.next(115 * S), claim(1));
    me.sees(Some(seen(2, "other")), 116 * S);
    assert_eq!(me.next(130 * S), Move::Wait);
    assert!(!me.leads(130 * S));
}

#[test]
fn a_shorter_duration_in_the_record_shortens_nothing_and_a_longer_one_counts_up_to_a_minute() {
    for (lease, from) in [(1, 15), (40, 40), (100_000_000, 60)] {
        let mut me = candidate();
        let lease = lease * S;
        me.sees(
            Some(Seen {
                lease,
                ..seen(1, "other")
            }),
            Duration::ZERO,
        );
        assert_eq!(me.next(from * S - S / 10), Move::Wait);
        assert_eq!(me.next(from * S), claim(1));
    }
}

#[test]
fn a_claim_counts_from_before_it_was_sent_and_ends_by_itself() {
    let mut me = candidate();
    me.claimed(seen(1, "me"), 3 * S, 7 * S);
    assert!(me.leads(7 * S) && me.leads(13 * S - S / 10));
    assert!(!me.leads(13 * S));
    assert_eq!(me.next(20 * S), claim(1), "one's own is claimed again");
}

#[test]
fn leading_ends_at_once_when_somebody_else_has_written_or_the_record_is_gone() {
    let leading = || {
        let mut me = candidate();
        me.claimed(seen(1, "me"), S, S);
        assert!(me.leads(2 * S));
        me
    };
    let mut me = leading();
    me.lost();
    assert!(!me.leads(2 * S));
    let mut me = leading();
    me.sees(Some(seen(2, "other")), 2 * S);
    assert!(!me.leads(2 * S));
    let mut me = leading();
    me.sees(None, 2 * S);
    assert!(!me.leads(2 * S));
    let mut me = leading();
    me.sees(Some(seen(2, "")), 2 * S);
    assert!(!me.leads(2 * S), "it was given up for us");
}

/// What a candidate's last request is about.
#[derive(Clone, Debug)]
enum Request {
    None,
    /// The record as the server had it; `None` until it was asked.
    Read(Option<Option<Seen>>),
    /// When it was asked by the candidate's clock, over what, and what the server made of it.
    Write(Duration, Option<String>, Option<Result<Seen, ()>>),
}

#[derive(Clone, Debug)]
struct Simulated {
    election: Election,
    /// How fast its clock is, in thousandths, and what it showed at the beginning.
    speed: u32,
    offset: Duration,
    request: Request,
}

impl Simulated {
    fn clock(&self, real: Duration) -> Duration {
        self.offset + real * self.speed / 1000
    }
}

#[derive(Clone, Copy, Debug)]
enum Act {
    /// The next step of a request: it is sent, it reaches the server, or its answer comes back.
    Step,
    /// The request or its answer is lost, wherever it is.
    Lose,
    /// The record is given up, if this is the leader.
    GiveUp,
}

fn act(
    real: Duration,
    who: usize,
    act: Act,
    all: &mut [Simulated],
    server: &mut Option<Seen>,
    writes: &mut u64,
) {
    let name = who.to_string();
    let one = &mut all[who];
    let now = one.clock(real);
    if matches!(act, Act::Lose) {
        one.request = Request::None;
        return;
    }
    if matches!(act, Act::GiveUp) {
        // It stops before it says so.
        if one.election.leads(now) {
            one.election.lost();
            one.request = Request::None;
            if let Some(held) = server.as_mut().filter(|held| held.holder == name) {
                *writes += 1;
                (held.holder, held.version) = (String::new(), writes.to_string());
            }
        }
        return;
    }
    one.request = match std::mem::replace(&mut one.request, Request::None) {
        Request::None => Request::Read(None),
        Request::Read(None) => Request::Read(Some(server.clone())),
        Request::Read(Some(seen)) => {
            one.election.sees(seen, now);
            match one.election.next(now) {
                Move::Claim(over) => Request::Write(now, over, None),
                Move::Wait => Request::None,
            }
        }
        Request::Write(asked, over, None) => {
            let result = if server.as_ref().map(|held| held.version.clone()) == over {
                *writes += 1;
                *server = Some(seen(*writes, &name));
                Ok(server.clone().unwrap())
            } else {
                Err(())
            };
            Request::Write(asked, over, Some(result))
        }
        Request::Write(asked, _, Some(result)) => {
            match result {
                Ok(seen) => one.election.claimed(seen, asked, now),
                Err(()) => one.election.lost(),
            }
            Request::None
        }
    };
}

fn acts() -> impl Strategy<Value = Vec<(usize, Act, u32)>> {
    let kind = prop_oneof![40 => Just(Act::Step), 2 => Just(Act::Lose), 1 => Just(Act::GiveUp)];
    // Milliseconds until the next one: mostly short, and now and then as long as a lease.
    let pause = prop_oneof![8 => 0_u32..2_000, 1 => 2_000_u32..20_000];
    proptest::collection::vec((0_usize..3, kind, pause), 1..300)
}

fn most_leaders(acts: Vec<(usize, Act, u32)>, terms: Terms, speeds: [u32; 3]) -> (usize, bool) {
    let mut all: Vec<Simulated> = (0..3)
        .map(|number| Simulated {
            election: Election::new(number.to_string(), terms),
            speed: speeds[number],
            offset: 1_000 * S * u32::try_from(number).unwrap(),
            request: Request::None,
        })
        .collect();
    let (mut server, mut writes, mut real) = (None, 0, Duration::ZERO);
    let (mut most, mut any) = (0, false);
    for (who, what, pause) in acts {
        real += Duration::from_millis(pause.into());
        act(real, who, what, &mut all, &mut server, &mut writes);
        let leaders = all.iter().filter(|one| one.election.leads(one.clock(real)));
        let leaders = leaders.count();
        most = most.max(leaders);
        any |= leaders > 0;
    }
    (most, any)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn never_do_two_lead_while_no_clock_is_half_as_fast_again_as_another(
        acts in acts(),
        speeds in [820_u32..1_220, 820_u32..1_220, 820_u32..1_220],
    ) {
        prop_assert!(most_leaders(acts, Terms::default(), speeds).0 <= 1);
    }
}

#[test]
fn the_simulation_finds_two_leaders_where_a_claim_counts_as_long_as_the_lease() {
    let bad = Terms {
        counts: 15 * S,
        ..Terms::default()
    };
    let step = |who, pause| (who, Act::Step, pause);
    // One leads; another, whose clock is fast, sees it and waits.
    let mut acts = vec![step(0, 0); 5];
    acts.extend(vec![step(1, 0); 3]);
    acts.push((1, Act::Lose, 13_000));
    acts.extend(vec![step(1, 0); 5]);
    let speeds = [820, 1_220, 1_000];
    assert_eq!(most_leaders(acts.clone(), bad, speeds), (2, true));
    assert_eq!(most_leaders(acts, Terms::default(), speeds), (1, true));
}
