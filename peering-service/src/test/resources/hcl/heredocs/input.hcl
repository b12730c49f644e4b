plain = <<EOF
  two "quotes" and \n stay
  ${as} { it # is
EOF
indented = <<-END
    a
      b
    
    c
    END
less = <<-END
  a
    END
empty = <<EOF
EOF
list = [<<A
one
A
, <<B
two
B
]
last = <<-EOF
	tab
	EOF