//! One sequence: sessions of CometBFT with the application, with processes that end in between.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use agora_node::app::App;
use agora_runtime::Runtime;
use agora_store::MemoryBackend;
use agora_tests::harness::{Modules, Recording};
use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::comet::{Comet, Point};
use super::line::{Line, answer};
use super::place::Place;

/// What sequences have in common.
pub(super) struct Sequences<'a> {
    pub(super) modules: &'a Modules,
    pub(super) recording: &'a Recording,
    pub(super) waiting: &'a [Bytes],
}

/// Where processes ended, and how often what was called.
pub(super) type Account = (Vec<Point>, BTreeMap<&'static str, usize>);

impl Sequences<'_> {
    /// The sequence of this number.
    ///
    /// # Errors
    /// What the application did wrong, after which calls.
    pub(super) fn run(&self, seed: u64, index: u64) -> Result<Account, String> {
        let mut rng = StdRng::seed_from_u64(seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut place = if rng.gen_ratio(1, 25) { Place::disk() } else { Place::memory() };
        let over_socket = rng.gen_ratio(1, 10);
        let crowded = rng.gen_ratio(1, 8);
        let mut comet = Comet::new(self.recording, self.waiting, rng);
        let run = || self.live(&mut comet, &mut place, over_socket, crowded);
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(()) => Ok((comet.crashes, comet.counts)),
            Err(payload) => Err(format!("{}\nafter {}", text(payload.as_ref()), comet.calls.join(" "))),
        }
    }

    fn runtime(&self) -> Arc<Runtime> {
        Arc::new(Runtime::new((self.modules)()).expect("a consistent list of modules"))
    }

    fn live(&self, comet: &mut Comet<'_>, place: &mut Place, over_socket: bool, crowded: bool) {
        let mut runtime = self.runtime();
        let side_by_side = comet.rng.gen_ratio(1, 10);
        let mut app = place.open(runtime.clone(), side_by_side);
        // Copies of the state, as back-ups are.
        let mut copies: Vec<(usize, MemoryBackend)> = Vec::new();
        loop {
            let mut line = if over_socket { Line::socket(app.clone()) } else { Line::Direct(app.clone()) };
            let crowd = crowded.then(|| Crowd::gather(&app, comet));
            let ended = comet.session(&mut line);
            drop(crowd);
            line.close();
            if let Place::Memory(backend) = &*place {
                copies.push((comet.committed, backend.fork()));
            }
            let again = comet.rng.gen_ratio(1, 3);
            if ended.is_err() && again {
                // CometBFT alone has ended.
                continue;
            }
            end(app);
            if ended.is_err() && comet.rng.gen_ratio(1, 5) {
                self.lose(comet, place, &copies, &runtime);
            }
            runtime = self.runtime();
            app = place.open(runtime.clone(), side_by_side);
            if ended.is_ok() {
                // All is on the disk.
                comet.require_place(&mut Line::Direct(app));
                return;
            }
        }
    }

    /// The application's state is lost, or an older copy takes its place: CometBFT has all blocks.
    fn lose(
        &self,
        comet: &mut Comet<'_>,
        place: &mut Place,
        copies: &[(usize, MemoryBackend)],
        runtime: &Runtime,
    ) {
        let copy = comet.rng.gen_range(0..=copies.len());
        match (&mut *place, copies.get(copy)) {
            (Place::Memory(backend), Some((committed, copy))) if *committed <= comet.committed => {
                *backend = copy.fork();
                comet.committed = *committed;
            }
            (Place::Disk { .. }, _) if comet.committed > 1 && comet.rng.gen_bool(0.7) => {
                comet.committed = comet.rng.gen_range(1..comet.committed);
                let height = self.recording.blocks[comet.committed - 1].0.height;
                place.roll_back(runtime, u64::try_from(height).unwrap());
            }
            _ => {
                place.clear();
                comet.committed = 0;
            }
        }
        comet.calls.push(format!("back to block {}", comet.committed));
    }
}

/// Drops the application and waits until no thread of a server that was stopped still has it.
fn end(app: App) {
    let store = Arc::downgrade(app.store());
    drop(app);
    let begun = Instant::now();
    while store.strong_count() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "somebody keeps the application");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Somebody on other connections who never stops asking.
struct Crowd {
    over: Arc<AtomicBool>,
    asking: Option<JoinHandle<()>>,
}

impl Crowd {
    fn gather(app: &App, comet: &mut Comet<'_>) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let questions: Vec<_> = (0..20).map(|_| comet.any_time()).collect();
        let (app, stop) = (app.clone(), over.clone());
        let asking = std::thread::spawn(move || {
            for question in questions.iter().cycle() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                answer(&app, question.clone());
            }
        });
        Self { over, asking: Some(asking) }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let asked = self.asking.take().map(JoinHandle::join);
        if !std::thread::panicking()
            && let Some(Err(payload)) = asked
        {
            panic!("among other calls: {}", text(payload.as_ref()));
        }
    }
}

fn text(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}
