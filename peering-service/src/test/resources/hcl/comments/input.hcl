# one
// two
/* three
   lines */ a = 1 # after
b = /* within */ [ 1, // first
  2, # second
  /* none */ ]
c { # in
  // nothing
}
/**/ d = "# none // none /* none"
