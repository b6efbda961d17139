//! The strict user's functions give numbers.

use nums::{Array, Cluster, Result, Stage};

#[test]
fn both_forms_run() -> Result<()> {
    let cluster = Cluster::threads(1)?;
    let data = Array::from_vec(vec![1.0, 0.0, 1.0, 1.0, 1.0, 2.0, 1.0, 3.0], &[4, 2])?;
    let label = Array::from_vec(vec![0.0, 1.0, 0.0, 1.0], &[4])?;
    let (share, beta) = strict_user::both(&data, &label)?;
    assert!(share.is_finite() && share > 0.0, "{share}");
    assert_eq!(beta.len(), 2);
    assert!(strict_user::newton_step::ir(Stage::Fused).starts_with("nums-ir 1\n; stage: fused\n"));
    let (sine, .., powers, _) = strict_user::many(&label, &Array::from_vec(vec![0, 1, 2, 3], &[4])?)?;
    assert_eq!((sine.to_vec()?, powers.to_vec()?), (vec![0.0, 1.0f64.sin(), 0.0, 1.0f64.sin()], vec![1, 1, 4, 27]));
    cluster.finish()
}
