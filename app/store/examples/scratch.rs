use agora_store::tree::{Change, Tree};
fn cpu_ms() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let a: f64 = text.split_whitespace().next().unwrap().parse().unwrap();
    a / 1e6
}
fn key(i: u64) -> Vec<u8> {
    let mut key = vec![1_u8; 24];
    key.splice(1..9, i.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    key
}
fn main() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().unwrap();
    pool.install(|| {
        let n = 1_000_000u64;
        let c = cpu_ms();
        let mut tree = Tree::empty();
        for s in 0..4 {
            let changes: Vec<Change> =
                (s * n / 4..(s + 1) * n / 4).map(|i| Change::new(key(i), Some(&[7; 64]))).collect();
            tree = tree.update(&changes);
        }
        println!("build {:.0} ms cpu, {} B/key", cpu_ms() - c, tree.bytes() / n);
        let mut old = std::collections::VecDeque::new();
        let (mut th, mut tu, mut td) = (0.0, 0.0, 0.0);
        for round in 0..60u64 {
            let picked = |i: u64| (i * 7919 + round * 104_729) % n;
            let c = cpu_ms();
            let changes: Vec<Change> =
                (0..10_000).map(|i| Change::new(key(picked(i)), Some(&[round as u8; 64]))).collect();
            let c2 = cpu_ms();
            let next = tree.update(&changes);
            let c3 = cpu_ms();
            old.push_back(std::mem::replace(&mut tree, next));
            if old.len() > 20 {
                old.pop_front();
            }
            let c4 = cpu_ms();
            if round >= 30 {
                th += c2 - c;
                tu += c3 - c2;
                td += c4 - c3;
            }
        }
        println!(
            "hash {:.2} update {:.2} drop {:.2} ms; {} B/key",
            th / 30.0,
            tu / 30.0,
            td / 30.0,
            tree.bytes() / n
        );
        let c = cpu_ms();
        let mut h = [0u8; 32];
        for _ in 0..90_400 {
            h = agora_store::tree::inner(&h, &h);
        }
        println!("90.4k inner {:.2} ms {}", cpu_ms() - c, h[0]);
    });
}
