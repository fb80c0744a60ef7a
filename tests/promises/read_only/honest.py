"""Queries that only read, with the functions of extensions that people have: 200 and more, an expression a line.

Those of contrib are installed where the server has them. The others are played: functions of the same names, with the volatility that
the real extension declares, made members of an extension of that name.
"""

from __future__ import annotations

__all__ = ["CONTRIB", "PLAYED"]

CONTRIB = {
    "pg_trgm": """
similarity(email, 'ann')
word_similarity('ann', email)
strict_word_similarity('ann', email)
show_trgm(email)
show_limit()
email % 'ann'
email <-> 'ann'
'ann' <% email
email %> 'ann'
'ann' <<-> email
email LIKE '%ann%' OR email ILIKE 'ANN%'
greatest(similarity(email, 'a'), similarity(email, 'b'))
""",
    "hstore": """
hstore('a', email)
hstore(ROW(id, email))
'a=>1'::hstore
'a=>1'::hstore -> 'a'
'a=>1'::hstore ? 'a'
'a=>1'::hstore @> 'a=>1'::hstore
akeys('a=>1'::hstore)
avals('a=>1'::hstore)
hstore_to_json('a=>1'::hstore)
hstore_to_jsonb('a=>1'::hstore)
hstore_to_matrix('a=>1'::hstore)
exist('a=>1'::hstore, 'a')
defined('a=>1'::hstore, 'a')
delete('a=>1'::hstore, 'a')
slice('a=>1, b=>2'::hstore, ARRAY['a'])
'a=>1'::hstore || 'b=>2'::hstore
'a=>1'::hstore - 'a'::text
to_jsonb('a=>1'::hstore)
""",
    "unaccent": """
unaccent(email)
unaccent('unaccent', email)
lower(unaccent(coalesce(email, '')))
""",
    "uuid-ossp": """
uuid_generate_v4()
uuid_generate_v1()
uuid_generate_v1mc()
uuid_generate_v5(uuid_ns_url(), email)
uuid_generate_v3(uuid_ns_dns(), email)
uuid_nil()
uuid_ns_oid()
""",
    "citext": """
email::citext
email::citext = 'A@EXAMPLE.COM'::citext
CAST(email AS citext)
regexp_replace(email::citext, 'a', 'b')
replace(email::citext, 'a', 'b')
split_part(email::citext, '@'::citext, 1)
strpos(email::citext, '@'::citext)
email::citext LIKE 'a%'
max(email::citext)
""",
    "pgcrypto": """
digest(email, 'sha256')
encode(digest(lower(email), 'sha256'), 'hex')
hmac(email, 'key', 'sha256')
encode(hmac(email, 'key', 'sha1'), 'base64')
crypt(email, gen_salt('bf', 4))
gen_random_bytes(8)
gen_random_uuid()
pgp_sym_encrypt(email, 'key')
pgp_sym_decrypt(pgp_sym_encrypt('a', 'key'), 'key')
armor('a'::bytea)
encrypt('a'::bytea, 'key'::bytea, 'aes')
decrypt(encrypt('a'::bytea, 'key'::bytea, 'aes'), 'key'::bytea, 'aes')
""",
    "ltree": """
'a.b'::ltree
'a.b.c'::ltree @> 'a.b.c.d'::ltree
'a.b.c'::ltree <@ 'a.b'::ltree
'a.b.c'::ltree ~ 'a.*'::lquery
'a.b.c'::ltree @ 'a & b'::ltxtquery
nlevel('a.b.c'::ltree)
subpath('a.b.c'::ltree, 0, 2)
subltree('a.b.c'::ltree, 0, 1)
lca('a.b'::ltree, 'a.c'::ltree)
ltree2text('a.b'::ltree)
text2ltree('a.b')
index('a.b.c'::ltree, 'b'::ltree)
""",
    "intarray": """
ARRAY[1, 2] & ARRAY[2]
ARRAY[1, 2] | ARRAY[2]
ARRAY[1, 2] @> ARRAY[2]
ARRAY[1, 2] @@ '1 & 2'::query_int
icount(ARRAY[1, 2])
sort(ARRAY[2, 1])
uniq(sort(ARRAY[2, 1]))
idx(ARRAY[1, 2], 2)
subarray(ARRAY[1, 2], 1, 1)
intset(1)
""",
    "cube": """
cube(1, 2)
cube_distance(cube(1), cube(2))
cube_dim(cube(1))
cube(ARRAY[1, 2]) <-> cube(ARRAY[2, 3])
""",
    "earthdistance": """
earth()
earth_distance(ll_to_earth(52, 13), ll_to_earth(53, 14))
latitude(ll_to_earth(52, 13))
longitude(ll_to_earth(52, 13))
point(1, 2) <@> point(3, 4)
""",
    "fuzzystrmatch": """
soundex(email)
difference(email, 'ann')
levenshtein(email, 'ann')
levenshtein_less_equal(email, 'ann', 3)
metaphone(email, 4)
dmetaphone(email)
dmetaphone_alt(email)
""",
    "btree_gist": """
id <-> 1
now() <-> now()
""",
    "isn": """
'978-0-393-04002-9'::isbn13
isbn('978-0-393-04002-9'::isbn13)
is_valid('978-0-393-04002-9'::isbn13)
""",
    "pgstattuple": """
(SELECT dead_tuple_count FROM pgstattuple('people') LIMIT 0)
""",
    "tablefunc": """
(SELECT max(n) FROM normal_rand(3, 0, 1) AS r(n))
""",
}

PLAYED = {
    "postgis": (
        "immutable",
        """
st_x
st_y
st_z
st_area
st_length
st_perimeter
st_distance
st_dwithin
st_within
st_contains
st_covers
st_coveredby
st_intersects
st_intersection
st_union
st_buffer
st_centroid
st_envelope
st_astext
st_asgeojson
st_asewkt
st_asbinary
st_ashexewkb
st_geomfromtext
st_geomfromgeojson
st_geogfromtext
st_makepoint
st_point
st_setsrid
st_srid
st_transform
st_simplify
st_snaptogrid
st_geohash
st_isvalid
st_makevalid
st_npoints
st_numgeometries
st_geometryn
st_startpoint
st_endpoint
st_azimuth
st_distancesphere
st_expand
st_extent
st_xmin
st_ymax
st_convexhull
st_pointonsurface
st_linelocatepoint
""",
    ),
    "timescaledb": (
        "immutable",
        """
time_bucket
histogram
first
last
to_uuidv7
uuid_timestamp
""",
    ),
    "vector": (
        "immutable",
        """
l2_distance
inner_product
cosine_distance
l1_distance
vector_dims
vector_norm
l2_normalize
binary_quantize
subvector
hamming_distance
jaccard_distance
""",
    ),
    "h3": (
        "immutable",
        """
h3_latlng_to_cell
h3_cell_to_latlng
h3_cell_to_parent
h3_get_resolution
h3_grid_distance
h3_cell_to_boundary_wkt
""",
    ),
    "hll": (
        "immutable",
        """
hll_cardinality
hll_add
hll_empty
hll_hash_text
hll_hash_bigint
hll_union
""",
    ),
    "orafce": (
        "immutable",
        """
nvl
nvl2
decode_one
add_months
last_day
months_between
next_day
oracle_to_char
instr
""",
    ),
    "anon": (
        "stable",
        """
partial_email
fake_first_name
fake_email
hash
pseudo_email
digest_of
""",
    ),
    "pg_uuidv7": (
        "volatile",
        """
uuid_generate_v7
""",
    ),
    "ulid": (
        "volatile",
        """
gen_ulid
gen_monotonic_ulid
""",
    ),
    "postgis ": (
        "volatile",
        """
st_generatepoints
""",
    ),
    "timescaledb ": (
        "volatile",
        """
time_bucket_gapfill
locf
interpolate
hypertable_size
approximate_row_count
""",
    ),
    "citus": (
        "volatile",
        """
citus_table_size
citus_version
""",
    ),
    "nobody_knows_it": (
        "volatile",
        """
shuffled_words
fake_company
next_ticket
""",
    ),
}
"""Name of the extension (an end of spaces only parts the volatile from the others), volatility, names. The last is refused at first."""
